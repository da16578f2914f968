import { setTimeout as sleep } from 'node:timers/promises';
import { createTopics } from '../load/admin.ts';
import { parseAddress } from '../load/client.ts';
import { fill } from '../load/fill.ts';
import type { LoadResult } from '../load/result.ts';
import { consumerPerfTest, parseConsumerPerf } from '../peers/kafka-tools.ts';
import { kcatConsume } from '../peers/kcat.ts';
import type { KafkaJars } from '../peers/kafka-jars.ts';
import { untilServing } from '../peers/serving.ts';
import type { Bench, Contender, Tool } from './bench.ts';
import { pairedRounds, withPeers } from './bench.ts';
import { cpuFigures, figuresOf, runLoad, runWatched, shown } from './run-command.ts';

const SUITE = 'fetch';
const TOPIC = 'fetched';
const RECORD_BYTES = 1024;
const BATCH_BYTES = 16_384;
/** Fits into the memory that this broker keeps for the newest batches. */
const HOT_BYTES = 160 * 1024 * 1024;
/** Much more than this broker's caches hold. */
const LONG_BYTES = 1024 * 1024 * 1024;
const CONNECTIONS = 2;

/** Reading from the start to the end: what memory holds, what only the bucket holds, a whole gibibyte with Kafka's consumer. */
export async function fetchSuite(bench: Bench): Promise<void> {
  for (const partitions of bench.effort.quick ? [1] : [1, 16, 100]) {
    const name = `${partitions} partition${partitions === 1 ? '' : 's'}`;
    if (!bench.wants(name)) continue;
    await withPeers(bench, bench.peers, async (contenders) => {
      for (const { running } of contenders) await fillTopic(running.bootstrap, partitions, HOT_BYTES);
      const tools = [reader(bench, partitions, 'hot')];
      await pairedRounds(bench, { suite: SUITE, case: `${name}, 160 MiB from memory` }, contenders, tools);
      await withoutDisk(contenders);
      const cold = [reader(bench, partitions, 'cold')];
      await pairedRounds(bench, { suite: SUITE, case: `${name}, after a restart` }, contenders, cold);
    });
    if (!bench.effort.quick) await longRead(bench, name, partitions);
  }
}

async function fillTopic(bootstrap: string, partitions: number, bytes: number): Promise<number> {
  const address = parseAddress(bootstrap);
  await createTopics(address, [{ name: TOPIC, partitions }]);
  return fill({ address, topic: TOPIC, partitions, bytes, recordBytes: RECORD_BYTES, batchBytes: BATCH_BYTES });
}

/** Restarts each contender; one that can live without its disk loses it, so that it reads from the bucket alone. */
async function withoutDisk(contenders: readonly Contender[]): Promise<void> {
  for (const contender of contenders) {
    await contender.running.stop();
    await contender.peer.loseDisk?.(contender.directory);
    contender.running = await contender.peer.launch(contender.directory);
    await untilServing(contender.running);
  }
  // What starting leaves to do (compilers, caches) is not what is measured.
  await sleep(1000);
}

function reader({ effort }: Bench, partitions: number, from: 'hot' | 'cold'): Tool {
  return {
    name: `own generator, ${CONNECTIONS} readers`,
    measure: async ({ bootstrap, pid }) => {
      const { command, result } = await runLoad<LoadResult>('fetch', {
        bootstrap,
        topic: TOPIC,
        partitions,
        connections: CONNECTIONS,
        'record-bytes': RECORD_BYTES,
        'warmup-seconds': from === 'hot' ? effort.warmupSeconds : 0,
        seconds: effort.seconds,
        pid,
      });
      return { command, figures: figuresOf(result) };
    },
  };
}

/** One gibibyte from the start, by Kafka's own consumer and by librdkafka's. */
async function longRead(bench: Bench, name: string, partitions: number): Promise<void> {
  const { kafka, kcat } = bench;
  if (kafka === undefined && kcat === undefined) return;
  await withPeers(bench, bench.peers, async (contenders) => {
    let records = 0;
    for (const { running } of contenders) records = await fillTopic(running.bootstrap, partitions, LONG_BYTES);
    const tools = [
      ...(kafka === undefined ? [] : [javaConsumer(kafka, records)]),
      ...(kcat === undefined ? [] : [kcatConsumer(records)]),
    ];
    await pairedRounds(bench, { suite: SUITE, case: `${name}, 1 GiB from the start` }, contenders, tools);
  });
}

function javaConsumer(jars: KafkaJars, records: number): Tool {
  return {
    name: 'kafka-consumer-perf-test',
    measure: async ({ bootstrap, pid }) => {
      const command = consumerPerfTest(jars, { bootstrap, topic: TOPIC, records });
      const { output, cpu } = await runWatched(command, pid);
      const figures = { 'MB/s': parseConsumerPerf(output), ...cpuFigures(cpu, records * RECORD_BYTES) };
      return { command: shown(command), figures };
    },
  };
}

/** Its start counts too. */
function kcatConsumer(records: number): Tool {
  return {
    name: 'kcat -C (librdkafka)',
    measure: async ({ bootstrap, pid }) => {
      const command = kcatConsume({ bootstrap, topic: TOPIC });
      const { cpu } = await runWatched(command, pid);
      const valueBytes = records * RECORD_BYTES;
      return {
        command: shown(command),
        figures: { 'MB/s': valueBytes / 1e6 / cpu.seconds, ...cpuFigures(cpu, valueBytes) },
      };
    },
  };
}
