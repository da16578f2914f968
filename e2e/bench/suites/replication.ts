import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadResult } from '../load/result.ts';
import { chronikPeer } from '../peers/chronik-peer.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { untilServing } from '../peers/serving.ts';
import type { Figures } from '../report/spread.ts';
import { pairedRounds, withPeers } from './bench.ts';
import type { Bench, Contender, Tool } from './bench.ts';
import { figuresOf, runLoad } from './run-command.ts';
import type { LoadFlags } from './run-command.ts';

const SUITE = 'replication';
const REPLICA = 'replica';
const LOOK_MS = 50;

/**
 * What copying costs those who produce: the same load on a broker alone and on one that copies to a second directory on the same
 * disk, which then writes everything twice. After each load the copier catches up; how long that took is among the figures. Then
 * the replica is deleted, and filled again from the whole bucket.
 */
export async function replicationSuite(bench: Bench): Promise<void> {
  const copying = chronikPeer({
    name: 'Chronik, copying',
    environment: (directory) => ({
      CHRONIK_REPLICA_STORES: 'east',
      CHRONIK_REPLICA_EAST_OBJECT_STORE_BACKEND: 'local',
      CHRONIK_REPLICA_EAST_LOCAL_STORAGE_PATH: join(directory, REPLICA),
      CHRONIK_REPLICATION: 'chronik',
    }),
  });
  const { warmupSeconds, seconds } = bench.effort;
  const load = { partitions: 1, acks: -1, connections: 4, 'warmup-seconds': warmupSeconds, seconds };
  const cases: readonly (readonly [string, LoadFlags])[] = [
    ['acks=all, 2 MB/s', { ...load, rate: 2_000_000 }],
    ['acks=all, 20 MB/s', { ...load, rate: 20_000_000 }],
    ['acks=all, as fast as it goes', { ...load, 'batch-bytes': 262_144 }],
  ];
  for (const [name, flags] of bench.effort.quick ? cases.slice(0, 1) : cases) {
    if (!bench.wants(name)) continue;
    await withPeers(bench, [chronikPeer(), copying], async (contenders) => {
      await pairedRounds(bench, { suite: SUITE, case: name }, contenders, [producing(flags)]);
      await fillAgain(bench, name, contenders.at(-1)!);
    });
  }
}

function producing(flags: LoadFlags): Tool {
  return {
    name: 'own generator',
    measure: async (running) => {
      const { command, result } = await runLoad<LoadResult>('produce', {
        ...flags,
        bootstrap: running.bootstrap,
        pid: running.pid,
      });
      const behindBytes = await metric(running, 'lag_bytes');
      if (behindBytes === undefined) return { command, figures: figuresOf(result) };
      const startMs = performance.now();
      await untilInSync(running);
      const caughtUp: Figures = {
        'behind MB': behindBytes / 1e6,
        'caught up s': (performance.now() - startMs) / 1000,
      };
      return { command, figures: { ...figuresOf(result), ...caughtUp } };
    },
  };
}

/** A replica that was lost: how fast it is filled from the bucket while nobody produces. */
async function fillAgain(bench: Bench, name: string, contender: Contender): Promise<void> {
  await contender.running.kill();
  await rm(join(contender.directory, REPLICA), { recursive: true });
  contender.running = await contender.peer.launch(contender.directory);
  await untilServing(contender.running);
  const startMs = performance.now();
  await untilInSync(contender.running);
  const seconds = (performance.now() - startMs) / 1000;
  const [bytes = 0, objects = 0] = await Promise.all(
    ['copied_bytes_total', 'copied_objects_total'].map((counter) => metric(contender.running, counter)),
  );
  bench.rows.push({
    suite: SUITE,
    case: `a lost replica is filled again, after ${name}`,
    peer: contender.peer.name,
    tool: 'the copier',
    command: '',
    rounds: [
      { MB: bytes / 1e6, objects, seconds, 'copied MB/s': bytes / 1e6 / seconds, 'objects/s': objects / seconds },
    ],
  });
}

async function untilInSync(running: RunningPeer): Promise<void> {
  while ((await metric(running, 'in_sync')) !== 1 || (await metric(running, 'lag_bytes')) !== 0) await sleep(LOOK_MS);
}

/** A metric of the only replica; undefined where there is none, or where it is not known yet. */
async function metric({ httpUrl }: RunningPeer, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${httpUrl ?? ''}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`chronik_replication_${name}{`));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}
