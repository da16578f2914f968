import { setTimeout as sleep } from 'node:timers/promises';
import { createTopics } from '../load/admin.ts';
import { parseAddress } from '../load/client.ts';
import { fill } from '../load/fill.ts';
import { CpuWatch, cpuSecondsOf, rssBytes } from '../measure/process-usage.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { firstProduceAndFetch } from '../load/first-request.ts';
import type { Bench, Contender } from './bench.ts';
import { withPeers } from './bench.ts';
import { OTHER } from '../report/quiet.ts';
import type { Figures } from '../report/spread.ts';

const SUITE = 'start-up';
const TOPICS = 10;
const RECORD_BYTES = 1024;
const TAIL_BYTES = 16 * 1024 * 1024;
/** Of the largest case. */
const LONG_TAIL_BYTES = 256 * 1024 * 1024;

/** How a broker ended before the start that is measured. */
type Ending = 'clean' | 'kill -9' | 'empty disk';

const HOW: Readonly<Record<Ending, string>> = {
  clean: 'after a clean stop',
  'kill -9': 'after kill -9',
  'empty disk': 'after kill -9, on an empty disk',
};

/** From the start of the process to the first batch that is acknowledged with acks=all and read back. */
export async function startUpSuite(bench: Bench): Promise<void> {
  for (const partitions of bench.effort.quick ? [1, 1_000] : [1, 1_000, 10_000]) {
    if (!bench.wants(partitionsText(partitions))) continue;
    // With so many partitions Kafka needs minutes here; the comparison is made with fewer.
    const peers = partitions > (bench.effort.quick ? 1 : 1_000) ? bench.peers.slice(0, 1) : bench.peers;
    await withPeers(bench, peers, async (contenders) => {
      for (const contender of contenders) await startUpsOf(bench, contender, partitions);
    });
  }
}

async function startUpsOf(bench: Bench, contender: Contender, partitions: number): Promise<void> {
  const { peer } = contender;
  const topic = await createAll(contender.running, partitions);
  const endings: readonly Ending[] =
    peer.loseDisk === undefined ? ['clean', 'kill -9'] : ['clean', 'kill -9', 'empty disk'];
  const rounds = new Map<Ending, Figures[]>(endings.map((ending) => [ending, []]));
  for (let round = 0; round < bench.effort.rounds; round++) {
    for (const ending of endings) {
      await fillTail(contender.running, topic, partitions > 1_000 ? LONG_TAIL_BYTES : TAIL_BYTES);
      const figures = await startAgain(contender, ending, topic);
      bench.say(
        `${SUITE} · ${partitions} partitions · ${peer.name} · ${HOW[ending]}: ${figures['first produce and fetch ms']?.toFixed(0)} ms`,
      );
      rounds.get(ending)!.push(figures);
    }
  }
  for (const [ending, figures] of rounds) {
    bench.rows.push({
      suite: SUITE,
      case: `${partitionsText(partitions)}, ${HOW[ending]}`,
      peer: peer.name,
      tool: 'own client',
      command: 'scripts/node e2e/bench/main.ts --only start-up',
      rounds: figures,
    });
  }
}

/** Creates the topics and puts a batch into every partition; answers the name of the first topic. */
async function createAll(
  { bootstrap }: RunningPeer,
  partitions: number,
): Promise<{ name: string; partitions: number }> {
  const address = parseAddress(bootstrap);
  const count = Math.min(TOPICS, partitions);
  const topics = Array.from({ length: count }, (_, i) => ({ name: `start-${i}`, partitions: partitions / count }));
  for (const topic of topics) {
    await createTopics(address, [topic]);
    await fill({
      address,
      topic: topic.name,
      partitions: topic.partitions,
      bytes: 1,
      recordBytes: RECORD_BYTES,
      batchBytes: 2048,
    });
  }
  return topics[0]!;
}

function partitionsText(partitions: number): string {
  return `${partitions} partition${partitions === 1 ? '' : 's'}`;
}

/** Something to recover behind the last clean stop. */
async function fillTail(
  { bootstrap }: RunningPeer,
  topic: { readonly name: string; readonly partitions: number },
  bytes: number,
): Promise<void> {
  await fill({
    address: parseAddress(bootstrap),
    topic: topic.name,
    partitions: topic.partitions,
    bytes,
    recordBytes: RECORD_BYTES,
    batchBytes: 16_384,
  });
}

async function startAgain(contender: Contender, ending: Ending, topic: { readonly name: string }): Promise<Figures> {
  const { peer, directory } = contender;
  if (ending === 'clean') await contender.running.stop();
  else await contender.running.kill();
  if (ending === 'empty disk') await peer.loseDisk?.(directory);
  await sleep(200);
  const startMs = performance.now();
  const watch = new CpuWatch(undefined);
  contender.running = await peer.launch(directory);
  const { pid, bootstrap } = contender.running;
  await firstProduceAndFetch(parseAddress(bootstrap), topic.name);
  const elapsedMs = performance.now() - startMs;
  const { seconds, otherPercent } = watch.read();
  const cpu = cpuSecondsOf(pid);
  const rss = rssBytes(pid);
  return {
    'first produce and fetch ms': elapsedMs,
    ...(cpu === undefined ? {} : { 'broker CPU s': cpu }),
    ...(rss === undefined ? {} : { 'RSS MiB': rss / 2 ** 20 }),
    // The broker began within the window, so all that it used falls into it.
    ...(otherPercent === undefined || cpu === undefined
      ? {}
      : { [OTHER]: Math.max(0, otherPercent - (100 * cpu) / seconds) }),
  };
}
