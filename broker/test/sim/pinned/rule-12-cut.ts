import assert from 'node:assert/strict';
import { parseSlotKey } from '../../../src/log/index.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { EPOCH_MS } from '../virtual-process.ts';
import { FailoverBench, HEARTBEAT_MS, isDataSlot } from './failover-bench.ts';

/** Nobody writes for a minute: the copy is still known to be fresh, by the heartbeats of both logs. */
async function anIdleClusterHasAFreshCut(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 12 idle', options);
  await bench.start();
  await bench.produce(-1);
  await bench.world.pass(60_000);
  bench.copy();
  const { cut } = await bench.readCut();
  assert.ok(cut !== undefined);
  const ageMs = EPOCH_MS + bench.world.scheduler.nowMs - cut.hlc.ms;
  assert.ok(ageMs < 5 * HEARTBEAT_MS, `the cut is ${ageMs} ms old`);
}

/** The newest snapshot is of a time that the records which came do not reach: an older state is taken. */
async function aSnapshotBeyondTheCutIsNotTaken(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 12 snapshot', options);
  await bench.start();
  for (let i = 0; i < 5; i++) await bench.produce(-1);
  bench.world.host.stopCleanly(30_000);
  await bench.world.pass(10_000);
  bench.endPrimary();
  bench.copy((key) => isDataSlot(key, 1, 3));
  await bench.failOver();
  const numbers = await bench.numbers();
  assert.deepEqual(numbers, [0, 1]);
}

/** One slot holds records from before the cut and from after it. */
async function aSlotThatTheCutDividesCountsInPart(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 12 divided slot', options, { lingerMs: 6_000 });
  await bench.start();
  await bench.produce(-1);
  const second = bench.world.live(bench.deliver(bench.batch(-1), bench.client));
  await bench.world.pass(2_500);
  const early = new Set(bench.west.contents().keys());
  const third = bench.world.live(bench.deliver(bench.batch(-1), bench.world.client('another')));
  await bench.world.until('both are in the bucket', () => second.ended && third.ended);
  bench.endPrimary();
  bench.copy((key) => key.startsWith('metadata-wal/') && !early.has(key));
  await bench.failOver();
  assert.deepEqual(await bench.numbers(), [0, 1]);
}

/** A stream that was sealed long ago lacks a slot in the copy; the newest snapshot leans on it. */
async function aSealedStreamWithAGapHoldsTheCut(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('closure', options);
  await bench.start();
  for (let i = 0; i < 5; i++) await bench.produce(-1);
  bench.world.host.stopCleanly(30_000);
  await bench.world.pass(20_000);
  await bench.serving();
  await bench.world.settle(bench.client.refreshPatiently());
  await bench.produce(-1);
  await bench.world.pass(5_000);
  bench.endPrimary();
  bench.copy((key) => isDataSlot(key, 1, 3));
  const { heldBackBy } = await bench.readCut();
  assert.ok(heldBackBy !== 'metadata' && heldBackBy.epoch === 1);
  await bench.failOver();
  assert.deepEqual(await bench.numbers(), [0, 1]);
}

/** What comes late, under the old timeline's names, is no part of the new history: not now, and not after a restore. */
async function lateArrivalsChangeNothing(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('late arrivals', options);
  await bench.start();
  for (let i = 0; i < 5; i++) await bench.produce(-1);
  await bench.world.pass(3_000);
  bench.endPrimary();
  bench.copy((key) => isDataSlot(key, 1, 3));
  await bench.failOver();
  bench.copy();
  const { host } = bench.world;
  host.retire();
  host.restoreFromBucket();
  await bench.serving();
  assert.deepEqual(await bench.numbers(), [0, 1]);
}

/** The clock of the leader runs a minute ahead; its successor's does not. No cut keeps what came after without what came before. */
async function aFastClockLeavesNoGap(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 12 fast', options);
  await bench.start();
  bench.world.host.current?.process.setWallSkew(60_000);
  await bench.produce(-1);
  bench.world.host.kill();
  await bench.world.pass(5_000);
  await bench.serving();
  await bench.world.settle(bench.client.refreshPatiently());
  await bench.produce(-1);
  await bench.world.pass(3_000);
  bench.endPrimary();
  bench.copy();
  await bench.failOver();
  assert.deepEqual(await bench.numbers(), [0, 1]);
}

/** A gap in the metadata log is no end of it: what lies above is not read. */
async function theMetadataAreReadToTheirFirstGap(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('metadata gap', options);
  await bench.start();
  await bench.produce(-1);
  await bench.world.pass(2_500);
  const gap = [...bench.west.contents().keys()].filter((key) => parseSlotKey(key)?.stream.log === 'metadata').at(-1);
  await bench.produce(-1);
  await bench.world.pass(5_000);
  bench.endPrimary();
  bench.copy((key) => key === gap);
  await bench.failOver();
  assert.deepEqual(await bench.numbers(), [0]);
}

/** After a promotion the old store is a replica like any other, and takes over in its turn: twice. */
async function failbackTwice(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('failback', options);
  await bench.start();
  const expected: number[] = [];
  let [active, copy] = [bench.west, bench.east];
  for (let round = 0; round < 5; round++) {
    await bench.world.settle(bench.client.refreshPatiently());
    await bench.produce(-1);
    expected.push(round);
    await bench.world.pass(3_000);
    bench.endPrimary();
    bench.copy(undefined, copy, active);
    await bench.promote({ planId: `plan ${round}` }, copy);
    await bench.startIn(copy, [active]);
    [active, copy] = [copy, active];
    assert.deepEqual(await bench.numbers(), expected, `round ${round}`);
  }
}

export const rule12Cut: readonly PinnedScenario[] = [
  {
    name: 'rule-12 idle: heartbeats of both logs keep the cut of a quiet cluster fresh',
    run: anIdleClusterHasAFreshCut,
  },
  {
    name: 'rule-12 snapshot: one that is later than the cut gives way to an older state',
    run: aSnapshotBeyondTheCutIsNotTaken,
  },
  {
    name: 'rule-12 divided: of a slot that the cut divides, what is later does not count',
    run: aSlotThatTheCutDividesCountsInPart,
  },
  {
    name: 'rule-12 fast: a leader with a fast clock and one with a slow one leave no cut that has a gap',
    run: aFastClockLeavesNoGap,
  },
  { name: 'rule-12 gap: the metadata log counts up to its first gap', run: theMetadataAreReadToTheirFirstGap },
  {
    name: 'hole-33 closure: a sealed stream that lacks a slot holds the cut for all partitions',
    run: aSealedStreamWithAGapHoldsTheCut,
  },
  {
    name: 'hole-21 late: what arrives after the promotion is no part of the new history',
    run: lateArrivalsChangeNothing,
  },
  { name: 'hole-38 failback: there and back again, twice, and everything is still there', run: failbackTwice },
];
