import type { LoadResult } from '../load/result.ts';
import { parseProducerPerf, producerPerfTest } from '../peers/kafka-tools.ts';
import { createTopics } from '../load/admin.ts';
import { parseAddress } from '../load/client.ts';
import type { CpuUse } from '../measure/process-usage.ts';
import type { KafkaJars } from '../peers/kafka-jars.ts';
import { syncingKafkaPeer } from '../peers/kafka-peer.ts';
import { kcatProduce, linesFile } from '../peers/kcat.ts';
import type { Figures } from '../report/spread.ts';
import type { Bench, Tool } from './bench.ts';
import { pairedRounds, withPeers } from './bench.ts';
import { cpuFigures, figuresOf, runLoad, runWatched, shown } from './run-command.ts';

const SUITE = 'produce at saturation';
const SYNCED_SUITE = 'produce at saturation, both from the disk';
const RECORD_BYTES = 1024;
/** What Kafka's producer sends by default: batch.size, max.in.flight.requests.per.connection. */
const BATCH_BYTES = 16_384;
const IN_FLIGHT = 5;
/** With fewer the JVM of the tool is hardly warm. */
const PERF_RECORDS = 500_000;
const KCAT_RECORDS = 500_000;

interface ProduceCase {
  readonly partitions: number;
  readonly acks: number;
}

/** As fast as it goes, 1 KiB records: small batches on one connection, Kafka's own producer, many connections. */
export async function produceSuite(bench: Bench): Promise<void> {
  const all = [1, 16, 100].flatMap((partitions) => [1, -1].map((acks) => ({ partitions, acks })));
  const short = [
    { partitions: 1, acks: 1 },
    { partitions: 16, acks: -1 },
  ];
  for (const one of bench.effort.quick ? short : all) {
    const name = `${one.partitions} partition${one.partitions === 1 ? '' : 's'}, acks=${ackName(one.acks)}`;
    if (!bench.wants(name)) continue;
    await withPeers(bench, bench.peers, (contenders) =>
      pairedRounds(bench, { suite: SUITE, case: name }, contenders, tools(bench, one)),
    );
  }
}

/** Beside a Kafka that gives the guarantee of our acks=1: it syncs every batch before it acknowledges. */
export async function produceSyncedSuite(bench: Bench): Promise<void> {
  if (bench.kafka === undefined || bench.effort.quick) return;
  const peers = [...bench.peers.slice(0, 1), syncingKafkaPeer(bench.kafka)];
  const about = { suite: SYNCED_SUITE, case: '1 partition, acks=1' };
  await withPeers(bench, peers, (contenders) =>
    pairedRounds(bench, about, contenders, tools(bench, { partitions: 1, acks: 1 })),
  );
}

export function ackName(acks: number): string {
  return acks === -1 ? 'all' : String(acks);
}

function tools(bench: Bench, one: ProduceCase): readonly Tool[] {
  const own = [
    ownGenerator(bench, one, 1),
    ...(one.partitions > 1 || !bench.effort.quick ? [ownGenerator(bench, one, 16)] : []),
  ];
  if (bench.effort.quick) return own;
  return [
    ...own,
    ...(bench.kafka === undefined ? [] : [javaProducer(bench.kafka, one)]),
    ...(bench.kcat === undefined ? [] : [kcatProducer(bench, one)]),
  ];
}

function ownGenerator({ effort }: Bench, { partitions, acks }: ProduceCase, connections: number): Tool {
  return {
    name: `own generator, ${connections} × ${IN_FLIGHT} requests of 16 KiB`,
    measure: async ({ bootstrap, pid }) => {
      const { command, result } = await runLoad<LoadResult>('produce', {
        bootstrap,
        partitions,
        acks,
        connections,
        'in-flight': IN_FLIGHT,
        'record-bytes': RECORD_BYTES,
        'batch-bytes': BATCH_BYTES,
        'warmup-seconds': effort.warmupSeconds,
        seconds: effort.seconds,
        pid,
      });
      return { command, figures: figuresOf(result) };
    },
  };
}

function javaProducer(jars: KafkaJars, { partitions, acks }: ProduceCase): Tool {
  return {
    name: 'kafka-producer-perf-test',
    measure: async ({ bootstrap, pid }) => {
      const topic = 'perf';
      await createTopics(parseAddress(bootstrap), [{ name: topic, partitions }]);
      const test = { bootstrap, topic, records: PERF_RECORDS, recordBytes: RECORD_BYTES, acks, throughput: -1 };
      const command = producerPerfTest(jars, test);
      const { output, cpu } = await runWatched(command, pid);
      return { command: shown(command), figures: perfFigures(output, PERF_RECORDS, cpu) };
    },
  };
}

/** librdkafka's producer; its start counts too. */
function kcatProducer({ workspace }: Bench, { partitions, acks }: ProduceCase): Tool {
  return {
    name: 'kcat -P (librdkafka)',
    measure: async ({ bootstrap, pid }) => {
      const topic = 'kcat';
      await createTopics(parseAddress(bootstrap), [{ name: topic, partitions }]);
      const file = await linesFile(workspace, KCAT_RECORDS, RECORD_BYTES);
      const command = kcatProduce({ bootstrap, topic, acks, file });
      const { cpu } = await runWatched(command, pid);
      const valueBytes = KCAT_RECORDS * RECORD_BYTES;
      return {
        command: shown(command),
        figures: { 'MB/s': valueBytes / 1e6 / cpu.seconds, ...cpuFigures(cpu, valueBytes) },
      };
    },
  };
}

/** Figures of kafka-producer-perf-test; `cpu` over all its records. */
export function perfFigures(output: string, records: number, cpu: CpuUse): Figures {
  const { megabytesPerSecond, p50Ms, p99Ms, p999Ms } = parseProducerPerf(output, RECORD_BYTES);
  return {
    'MB/s': megabytesPerSecond,
    'p50 ms': p50Ms,
    'p99 ms': p99Ms,
    'p99.9 ms': p999Ms,
    ...cpuFigures(cpu, records * RECORD_BYTES),
  };
}
