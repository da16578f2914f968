import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { measureRawLimits } from '../measure/raw-limits.ts';
import { createTopics } from './admin.ts';
import { parseAddress } from './client.ts';
import { runFetchLoad } from './fetch-load.ts';
import { overload } from './overload.ts';
import { runProduceLoad } from './produce-load.ts';

/**
 * The load generator on its own, one verb a measurement; every row of a result names its command, which can be run again:
 *
 *     produce  --bootstrap HOST:PORT --topic T [flags]    closed loop, or open loop with --rate
 *     fetch    --bootstrap HOST:PORT --topic T [flags]    from the start to the end, over and over
 *     overload --bootstrap HOST:PORT --topic T [flags]    more than the broker may hold, and slow readers
 *     raw      --directory D                              what disk and loopback can do
 */
export const LOAD_VERBS = ['produce', 'fetch', 'overload', 'raw'] as const;
export type LoadVerb = (typeof LOAD_VERBS)[number];

const FLAGS = {
  bootstrap: { type: 'string', default: '127.0.0.1:9092' },
  topic: { type: 'string', default: 'bench' },
  partitions: { type: 'string', default: '1' },
  acks: { type: 'string', default: '-1' },
  connections: { type: 'string', default: '1' },
  'in-flight': { type: 'string', default: '5' },
  'record-bytes': { type: 'string', default: '1024' },
  'batch-bytes': { type: 'string', default: '16384' },
  'partition-bytes': { type: 'string', default: '1048576' },
  rate: { type: 'string' },
  'warmup-seconds': { type: 'string', default: '2' },
  seconds: { type: 'string', default: '5' },
  'offered-bytes': { type: 'string', default: String(640 * 1024 * 1024) },
  'slow-readers': { type: 'string', default: '20' },
  pid: { type: 'string' },
  directory: { type: 'string', default: join(tmpdir(), 'chronik-bench-raw') },
} as const;

/** Runs one measurement and prints what it found as one line of JSON. */
export async function runLoadCommand(verb: LoadVerb, args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: FLAGS });
  const window = {
    warmupSeconds: Number(values['warmup-seconds']),
    seconds: Number(values.seconds),
    watchPid: values.pid === undefined ? undefined : Number(values.pid),
  };
  const target = {
    address: parseAddress(values.bootstrap),
    topic: values.topic,
    partitions: Number(values.partitions),
    connections: Number(values.connections),
    recordBytes: Number(values['record-bytes']),
  };
  switch (verb) {
    case 'raw':
      print(await measureRawLimits(values.directory, window.seconds));
      return;
    case 'fetch':
      print(await runFetchLoad({ ...window, ...target, partitionBytes: Number(values['partition-bytes']) }));
      return;
    case 'overload':
      await createTopics(target.address, [{ name: target.topic, partitions: target.partitions }]);
      print(
        await overload({
          ...target,
          seconds: window.seconds,
          offeredBytes: Number(values['offered-bytes']),
          slowReaders: Number(values['slow-readers']),
        }),
      );
      return;
    case 'produce':
      await createTopics(target.address, [{ name: target.topic, partitions: target.partitions }]);
      print(
        await runProduceLoad({
          ...window,
          ...target,
          acks: Number(values.acks),
          inFlight: Number(values['in-flight']),
          batchBytes: Number(values['batch-bytes']),
          rateBytes: values.rate === undefined ? undefined : Number(values.rate),
        }),
      );
  }
}

function print(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
