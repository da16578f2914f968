import type { ProduceVariant } from '../model/operations.ts';
import type { Header, RecordToWrite, SeenRecord } from '../model/records.ts';
import type { JavaTools } from './java-tools.ts';

const NONE = '<none>';
const READ_TIMEOUT_MS = 25_000;
const PRINTED = ['partition', 'offset', 'headers', 'key'] as const;

/** Records as lines `header:value,…<tab>key<tab>value` for kafka-console-producer. */
export async function produceWithConsole(
  tools: JavaTools,
  topic: string,
  records: readonly RecordToWrite[],
  variant: ProduceVariant,
): Promise<void> {
  const settings = [`acks=${variant.acks}`, `enable.idempotence=${variant.idempotent}`];
  const reader = ['parse.key=true', 'parse.headers=true', `null.marker=${NONE}`];
  const args = [
    '--topic',
    topic,
    '--compression-codec',
    variant.codec,
    ...settings.flatMap((setting) => ['--command-property', setting]),
    ...reader.flatMap((property) => ['--reader-property', property]),
  ];
  const lines = records.map(({ key, value, headers }) => {
    const pairs = headers.map(([name, content]) => `${name}:${content.toString()}`).join(',');
    return `${pairs}\t${key.toString()}\t${value?.toString() ?? NONE}\n`;
  });
  await tools.run('kafka-console-producer', args, Buffer.from(lines.join('')));
}

export async function consumeWithConsole(
  tools: JavaTools,
  topic: string,
  total: number,
  group: readonly string[],
): Promise<readonly SeenRecord[]> {
  const properties = [...PRINTED.map((field) => `print.${field}=true`), `null.literal=${NONE}`];
  const output = await tools.run('kafka-console-consumer', [
    '--topic',
    topic,
    '--from-beginning',
    '--max-messages',
    String(total),
    '--timeout-ms',
    String(READ_TIMEOUT_MS),
    ...properties.flatMap((property) => ['--formatter-property', property]),
    ...group,
  ]);
  const lines = output
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('Partition:'));
  return lines.map(parse);
}

/** A line such as `Partition:0<tab>Offset:7<tab>name:value,…<tab>key<tab>value`. */
function parse(line: string): SeenRecord {
  const [partition = '', offset = '', headers = '', key = '', value = ''] = line.split('\t');
  return {
    partition: Number(partition.slice('Partition:'.length)),
    offset: Number(offset.slice('Offset:'.length)),
    key: bytes(key),
    value: bytes(value),
    headers: headers === 'NO_HEADERS' ? [] : headers.split(',').map(parseHeader),
  };
}

function bytes(text: string): Buffer | null {
  return text === NONE ? null : Buffer.from(text);
}

function parseHeader(header: string): Header {
  const colon = header.indexOf(':');
  return [header.slice(0, colon), Buffer.from(header.slice(colon + 1))];
}
