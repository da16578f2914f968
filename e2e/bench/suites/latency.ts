import type { LoadResult } from '../load/result.ts';
import { createTopics } from '../load/admin.ts';
import { parseAddress } from '../load/client.ts';
import { producerPerfTest } from '../peers/kafka-tools.ts';
import type { KafkaJars } from '../peers/kafka-jars.ts';
import type { Bench, Tool } from './bench.ts';
import { pairedRounds, withPeers } from './bench.ts';
import { ackName, perfFigures } from './produce.ts';
import { figuresOf, runLoad, runWatched, shown } from './run-command.ts';

const SUITE = 'latency at a fixed rate';
const RECORD_BYTES = 1024;
const BATCH_BYTES = 16_384;
const CONNECTIONS = 4;
const LOW = 0.2;

/**
 * A fifth of what the reference (Kafka where it is there) does at saturation, the same rate for all, sent when due whatever
 * became of the requests before: latencies count from then.
 */
export async function latencySuite(bench: Bench): Promise<void> {
  for (const partitions of bench.effort.quick ? [1] : [1, 16, 100]) {
    for (const acks of bench.effort.quick ? [-1] : [1, -1]) {
      const load = `${partitions} partition${partitions === 1 ? '' : 's'}, acks=${ackName(acks)}`;
      if (!bench.wants(load)) continue;
      await withPeers(bench, bench.peers, async (contenders) => {
        const reference = contenders.at(-1)!;
        const flags = {
          ...flagsOf(bench, reference.running.bootstrap, partitions, acks),
          connections: 1,
          'in-flight': 5,
        };
        const { result } = await runLoad<LoadResult>('produce', flags);
        const rateBytes = Math.round(LOW * result.megabytesPerSecond * 1e6);
        bench.say(`rate: 20 % of ${reference.peer.name}'s ${result.megabytesPerSecond.toFixed(1)} MB/s`);
        const rate = `${(rateBytes / 1e6).toFixed(1)} MB/s`;
        const name = `${load}, ${rate}`;
        await pairedRounds(bench, { suite: SUITE, case: name }, contenders, [
          paced(bench, partitions, acks, rateBytes),
          ...(bench.kafka === undefined || bench.effort.quick
            ? []
            : [javaPaced(bench, bench.kafka, partitions, acks, rateBytes)]),
        ]);
      });
    }
  }
}

function flagsOf(
  { effort }: Bench,
  bootstrap: string,
  partitions: number,
  acks: number,
): Record<string, string | number> {
  return {
    bootstrap,
    partitions,
    acks,
    'record-bytes': RECORD_BYTES,
    'batch-bytes': BATCH_BYTES,
    'warmup-seconds': effort.warmupSeconds,
    seconds: effort.seconds,
  };
}

function paced(bench: Bench, partitions: number, acks: number, rate: number): Tool {
  return {
    name: `own generator, open loop, ${CONNECTIONS} connections, requests of 16 KiB`,
    measure: async ({ bootstrap, pid }) => {
      const flags = { ...flagsOf(bench, bootstrap, partitions, acks), connections: CONNECTIONS, rate, pid };
      const { command, result } = await runLoad<LoadResult>('produce', flags);
      return { command, figures: figuresOf(result) };
    },
  };
}

function javaPaced({ effort }: Bench, jars: KafkaJars, partitions: number, acks: number, rate: number): Tool {
  return {
    name: 'kafka-producer-perf-test --throughput',
    measure: async ({ bootstrap, pid }) => {
      const topic = 'perf';
      await createTopics(parseAddress(bootstrap), [{ name: topic, partitions }]);
      const throughput = Math.round(rate / RECORD_BYTES);
      const records = Math.round(throughput * (effort.seconds + effort.warmupSeconds));
      const test = { bootstrap, topic, records, recordBytes: RECORD_BYTES, acks, throughput };
      const command = producerPerfTest(jars, test);
      const { output, cpu } = await runWatched(command, pid);
      return { command: shown(command), figures: perfFigures(output, records, cpu) };
    },
  };
}
