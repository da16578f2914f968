import type { Client, ClientActions, ClientSource, OffsetRange } from '../model/client.ts';
import type { Operation, ProduceVariant } from '../model/operations.ts';
import type { Header, RecordToWrite, SeenRecord } from '../model/records.ts';
import { runProgram } from '../run/program.ts';

const TIMEOUT_MS = 20_000;
/** Fields of one record: partition, offset, sizes of key and value (-1 for none), headers, key, value. */
const FORMAT = String.raw`%p\t%o\t%K\t%S\t%h\t%k\t%s\n`;
const NO_ADMIN = 'kcat produces, consumes, lists topics and queries offsets; it has no admin commands';
const NO_ADMIN_OPERATIONS = [
  'describe-cluster',
  'create-topic',
  'list-groups',
  'describe-group',
  'reset-offsets',
  'delete-group',
  'alter-configs',
  'describe-configs',
  'create-partitions',
  'delete-records',
  'delete-topic',
  'log-dirs',
  'elect-leaders',
  'reassign-partitions',
] as const satisfies readonly Operation[];

interface Listing {
  readonly brokers: readonly { readonly name: string }[];
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly { readonly leader: number }[] }[];
}

export const KCAT: ClientSource = {
  name: 'kcat',
  prepare: async () => {
    try {
      const { stdout } = await runProgram('kcat', ['-V']);
      const [, kcat] = /Version ([\d.]+)/.exec(stdout.toString()) ?? [];
      const [, librdkafka] = /librdkafka ([\d.]+)/.exec(stdout.toString()) ?? [];
      const version = `kcat ${kcat} (librdkafka ${librdkafka})`;
      return { name: 'kcat', version, connect: (bootstrap) => Promise.resolve(kcat_(bootstrap, version)) };
    } catch {
      return {
        name: 'kcat',
        missing: 'kcat is not installed; on Debian and Ubuntu: apt-get install kcat; on macOS: brew install kcat',
      };
    }
  },
};

function kcat_(bootstrap: string, version: string): Client {
  const lacks = {
    ...Object.fromEntries(NO_ADMIN_OPERATIONS.map((operation) => [operation, NO_ADMIN])),
    'api-versions': 'kcat negotiates versions, but has no command that lists them',
  };
  return { name: 'kcat', version, lacks, actions: actions(bootstrap), close: () => Promise.resolve() };
}

function actions(bootstrap: string): Partial<ClientActions> {
  const kcat = (args: readonly string[], input?: Buffer): Promise<Buffer> => run(bootstrap, args, input);
  const list = async (...args: readonly string[]): Promise<Listing> =>
    JSON.parse((await kcat(['-L', '-J', ...args])).toString()) as Listing;
  return {
    listTopics: async () => (await list()).topics.map(({ topic }) => topic),
    describeTopic: async (topic) =>
      (await list('-t', topic)).topics.flatMap(({ partitions }) => partitions).filter(({ leader }) => leader >= 0)
        .length,
    produce: async (topic, records, variant) => {
      await kcat(['-P', '-t', topic, '-Z', '-K', '\t', ...producerFlags(records, variant)], lines(records));
    },
    consume: async (topic, total) =>
      parse(await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-c', String(total), '-f', FORMAT])),
    consumeInGroup: async (group, topic, total) => {
      const flags = ['-X', 'auto.offset.reset=earliest', '-q', '-c', String(total), '-f', FORMAT];
      return parse(await kcat(['-G', group, ...flags, topic]));
    },
    listOffsets: async (topic) => {
      const partitions = (await list('-t', topic)).topics.flatMap(({ partitions: found }) => found).length;
      const ask = (time: number): readonly string[] =>
        Array.from({ length: partitions }, (_, partition) => ['-t', `${topic}:${partition}:${time}`]).flat();
      const first = offsetsIn(await kcat(['-Q', ...ask(-2)]));
      const end = offsetsIn(await kcat(['-Q', ...ask(-1)]));
      return new Map(
        [...first].map(([at, offset]): [number, OffsetRange] => [at, { first: offset, end: end.get(at) ?? -1 }]),
      );
    },
  };
}

async function run(bootstrap: string, args: readonly string[], input?: Buffer): Promise<Buffer> {
  const options = { timeoutMs: TIMEOUT_MS, ...(input === undefined ? {} : { input }) };
  const { stdout } = await runProgram('kcat', ['-b', bootstrap, ...args], options);
  return stdout;
}

function producerFlags(records: readonly RecordToWrite[], variant: ProduceVariant): readonly string[] {
  // One set of headers for a whole run is all that kcat knows; the records of a run have the same ones.
  const headers = (records[0]?.headers ?? []).flatMap(([name, value]) => ['-H', `${name}=${value.toString()}`]);
  const settings = [`acks=${variant.acks}`, `enable.idempotence=${variant.idempotent}`];
  return [...headers, ...settings.flatMap((setting) => ['-X', setting]), '-z', variant.codec];
}

/** With -Z an empty value is none. */
function lines(records: readonly RecordToWrite[]): Buffer {
  return Buffer.from(records.map(({ key, value }) => `${key.toString()}\t${value?.toString() ?? ''}\n`).join(''));
}

function parse(output: Buffer): readonly SeenRecord[] {
  const text = output
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  return text.map((line) => {
    const [partition, offset, keySize, valueSize, headers, key = '', value = ''] = line.split('\t');
    return {
      partition: Number(partition),
      offset: Number(offset),
      key: keySize === '-1' ? null : Buffer.from(key),
      value: valueSize === '-1' ? null : Buffer.from(value),
      headers: (headers ?? '')
        .split(',')
        .filter((header) => header !== '')
        .map(parseHeader),
    };
  });
}

function parseHeader(header: string): Header {
  const equals = header.indexOf('=');
  return [header.slice(0, equals), Buffer.from(header.slice(equals + 1))];
}

/** Lines such as `topic [0] offset 3`. */
function offsetsIn(output: Buffer): ReadonlyMap<number, number> {
  const found = [...output.toString().matchAll(/\[(\d+)\] offset (-?\d+)/g)];
  return new Map(found.map(([, partition, offset]) => [Number(partition), Number(offset)]));
}
