import type { Environment } from '../config/index.ts';
import { ChronikError, SystemDisk, silentLogger, systemClock, systemRandom } from '../edge/index.ts';
import { salvageRecords } from '../recovery/index.ts';
import type { SalvagedRecord } from '../recovery/index.ts';
import { openCopyStores } from './copy-stores.ts';

export interface SalvageOptions {
  readonly store: string;
  /** Undefined: all but Kafka's own. */
  readonly topic: string | undefined;
  /** Undefined: standard output. */
  readonly output: string | undefined;
}

/** Exit codes of `chronik salvage`; also in docs/operations.md. */
const SalvageExit = { whole: 0, unreadable: 1 } as const;

/** `chronik salvage`: writes out the records that promotions left behind, one JSON object a line. Answers the exit code. */
export async function runSalvage(environment: Environment, options: SalvageOptions): Promise<number> {
  const { store: name, topic, output } = options;
  const stores = await openCopyStores(environment, name);
  try {
    const edges = { clock: systemClock, random: systemRandom, logger: silentLogger, broker: 0 };
    const salvage = await salvageRecords({ store: stores.store, others: stores.others, ...edges });
    const out = output === undefined ? standardOutput : await newFile(output);
    let written = 0;
    for await (const found of salvage.records) {
      if (topic === undefined ? isKafkasOwn(found) : found.topic !== topic) continue;
      await out.write(`${JSON.stringify(lineOf(found))}\n`);
      written += 1;
    }
    await out.end();
    const unreadable = salvage.unreadable();
    const lack = unreadable === 0 ? '' : `; ${unreadable} slots or batches cannot be read`;
    process.stderr.write(`${written} records lie beyond the cuts in ${stores.store.description}${lack}\n`);
    return unreadable === 0 ? SalvageExit.whole : SalvageExit.unreadable;
  } finally {
    await stores.close();
  }
}

function isKafkasOwn({ topic }: SalvagedRecord): boolean {
  return topic?.startsWith('__') === true;
}

/** Bytes are whatever clients sent, so they are told in base64. */
function lineOf({ timeline, topic, topicId, partition, offset, record }: SalvagedRecord): object {
  return {
    timeline,
    topic: topic ?? null,
    topicId,
    partition,
    offset,
    timestampMs: record.timestampMs,
    key: base64(record.key),
    value: base64(record.value),
    headers: record.headers.map(({ key, value }) => ({ key, value: base64(value) })),
  };
}

function base64(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('base64');
}

interface Output {
  write(text: string): Promise<void>;
  end(): Promise<void>;
}

const standardOutput: Output = {
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error === undefined || error === null ? resolve() : reject(error)));
    }),
  end: () => Promise.resolve(),
};

/** Never over one that is there. Rejects with OUTPUT_UNUSABLE. */
async function newFile(path: string): Promise<Output> {
  const file = await new SystemDisk().open(path, 'create').catch((error: unknown) => {
    throw new ChronikError('OUTPUT_UNUSABLE', `--output: ${path} cannot be made: ${String(error)}`, {
      remedy: 'Name a file that is not there, in a directory that is.',
    });
  });
  return {
    write: (text) => file.append([Buffer.from(text)]),
    end: async () => {
      await file.sync();
      await file.close();
    },
  };
}
