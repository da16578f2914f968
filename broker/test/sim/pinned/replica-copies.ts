import assert from 'node:assert/strict';
import { checkReplicaIsWhole } from '../copier/final-check.ts';
import type { Gate } from '../gated-store.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { CopierBench } from './copier-bench.ts';
import { Latch } from './log-bench.ts';

/** A bucket that existed before, a copier that is killed in the middle: its successor finds the place by itself. */
async function aCopierIsKilledInTheMiddle(options?: RunOptions): Promise<void> {
  const bench = new CopierBench('killed copier', options, { bytesPerSecond: 5_000 });
  await bench.start(60);
  const first = bench.copy();
  await bench.world.cluster.until('half of it is there', () => bench.replicaKeys().length > 30);
  first.kill();
  const { copied } = bench.world.oracle;
  bench.copy();
  await bench.untilInSync();
  checkReplicaIsWhole(bench.world);
  const again = bench.world.oracle.copied - copied;
  assert.ok((bench.report.copiedObjects ?? 0) < again + 10, 'what was there was copied again');
}

/** Something else has a name: it stays, it is told, nothing behind it is copied; once it is gone, copying goes on by itself. */
async function anotherObjectIsLeftAlone(options?: RunOptions): Promise<void> {
  const bench = new CopierBench('conflict', options);
  await bench.start(5);
  bench.copy();
  await bench.untilInSync();
  bench.world.replica.setDown(true);
  await bench.produce(30);
  const next = [...bench.world.cluster.bucket.contents().keys()].find(
    (key) => key.startsWith('wal/') && !bench.world.replica.contents().has(key),
  )!;
  const foreign = Buffer.from('not what the bucket has');
  bench.world.replica.plant(next, foreign);
  bench.world.replica.setDown(false);
  await bench.untilProblem('REPLICA_CONFLICT');
  const before = bench.replicaKeys();
  await bench.pass(30_000);
  assert.deepEqual(bench.world.replica.contents().get(next), foreign, 'something in the replica was overwritten');
  const grown = bench.replicaKeys().filter((key) => key.startsWith('wal/') && !before.includes(key));
  assert.deepEqual(grown, [], 'slots behind the conflict were copied');
  assert.notEqual(bench.report.state, 'in sync');
  const { lag } = bench.report;
  const lagMs = bench.world.copier!.process.clock.nowMs() - (lag?.sinceMs ?? 0);
  assert.ok(lagMs > 25_000 && (lag?.objects ?? 0) > 0, 'the lag does not tell');
  bench.world.replica.vanish(next);
  await bench.untilInSync();
  checkReplicaIsWhole(bench.world);
}

/** The replica was promoted while this broker was away, or cut off: whoever copies sees the newer timeline and stops (rules 02, 14). */
async function aPromotedReplicaGetsNothing(options?: RunOptions): Promise<void> {
  const bench = new CopierBench('promoted', options);
  await bench.start(5);
  bench.copy();
  await bench.untilInSync();
  bench.world.replica.plant('timelines/0000000002-0a1b2c3d.json', Buffer.from('{}'));
  await bench.untilProblem('REPLICA_PROMOTED');
  const before = bench.replicaKeys();
  await bench.produce(20);
  await bench.pass(30_000);
  assert.deepEqual(bench.replicaKeys(), before, 'a promoted store was written to');
  // And so does one that comes back later.
  bench.world.copier?.kill();
  bench.copy();
  await bench.untilProblem('REPLICA_PROMOTED');
  await bench.pass(30_000);
  assert.deepEqual(bench.replicaKeys(), before, 'a promoted store was written to by one who came back');
  assert.equal(bench.report.state, 'refused');
}

/** Another cluster's store, and a store with objects of whoever: not one object is written. */
async function aForeignStoreGetsNothing(options?: RunOptions): Promise<void> {
  const other = new CopierBench('another cluster', options);
  await other.start(1);
  for (const foreign of [other.world.cluster.bucket.contents(), new Map([['photos/cat.jpg', Buffer.from('x')]])]) {
    const bench = new CopierBench('foreign store', options);
    await bench.start(1);
    for (const [key, body] of foreign) if (!key.startsWith('probe/')) bench.world.replica.plant(key, body);
    const before = [...bench.world.replica.contents().keys()];
    bench.copy();
    await bench.untilProblem('REPLICA_FOREIGN');
    await bench.pass(30_000);
    assert.deepEqual([...bench.world.replica.contents().keys()], before, 'something was written to a foreign store');
  }
}

/** While the replica is away, whatever the copier was about to do there, what waits for it is counted. */
async function whatWaitsForAReplicaIsCounted(options?: RunOptions): Promise<void> {
  // The replica goes away at various moments between two looks whether it was promoted.
  for (const afterMs of [0, 2_000, 4_500, 7_000, 9_500]) {
    const bench = new CopierBench(`counted ${afterMs}`, options);
    await bench.start(5);
    bench.copy();
    await bench.untilInSync();
    await bench.pass(afterMs);
    bench.world.replica.setDown(true);
    for (let batches = 0; batches < 3; batches += 1) {
      await bench.produce(5);
      await bench.pass(12_000);
    }
    assert.ok((bench.report.lag?.objects ?? 0) > 0, `nothing is said to wait (${afterMs} ms)`);
    bench.world.replica.setDown(false);
    await bench.untilInSync();
    checkReplicaIsWhole(bench.world);
  }
}

/** A slot that does not verify is not copied over a good name; once it is mended, copying goes on. */
async function damageIsNotCopied(options?: RunOptions): Promise<void> {
  const bench = new CopierBench('damaged source', options);
  await bench.start(20);
  const key = bench.slotKey('wal/', 7);
  const good = Buffer.from(bench.world.cluster.bucket.contents().get(key)!);
  bench.world.cluster.bucket.flipBit(key, 3);
  bench.copy();
  await bench.untilProblem('CORRUPT_SLOT');
  await bench.pass(15_000);
  assert.ok(!bench.world.replica.contents().has(key), 'a damaged slot was copied');
  bench.world.cluster.bucket.plant(key, good);
  await bench.untilInSync();
  checkReplicaIsWhole(bench.world);
}

/** A damaged slot whose loss was accepted goes with the LOST slot beside it, the mark first, and so does all that lies behind. */
async function whatWasMarkedLostIsCopied(options?: RunOptions): Promise<void> {
  const bench = new CopierBench('marked lost', options);
  await bench.start(20);
  const { bucket } = bench.world.cluster;
  const key = bench.slotKey('wal/', 7);
  bucket.flipBit(key, 3);
  bench.copy();
  await bench.untilProblem('CORRUPT_SLOT');
  assert.ok(!bench.world.replica.contents().has(key), 'damage was copied that nobody had accepted');
  await bench.markLost(key);
  await bench.untilInSync();
  checkReplicaIsWhole(bench.world);
  assert.ok(bench.world.replica.contents().has(key.replace(/wal$/, 'lost')));
  // One that finds its place anew reads the mark in the replica.
  bench.world.copier?.kill();
  bench.copy();
  await bench.produce(5);
  await bench.untilInSync();
  checkReplicaIsWhole(bench.world);
}

/** Metadata that cannot be copied hold back the data that they explain. */
async function dataWaitForTheirMetadata(options?: RunOptions): Promise<void> {
  const bench = new CopierBench('damaged metadata', options);
  await bench.start(20);
  const { bucket } = bench.world.cluster;
  const key = bench.slotKey('metadata-wal/', 1);
  const good = Buffer.from(bucket.contents().get(key)!);
  bucket.flipBit(key, 3);
  bench.copy();
  await bench.untilProblem('CORRUPT_SLOT');
  await bench.pass(15_000);
  const data = bench.replicaKeys().filter((name) => name.startsWith('wal/'));
  assert.ok(data.length <= 1, 'data were copied whose metadata are not there');
  bucket.plant(key, good);
  await bench.untilInSync();
  checkReplicaIsWhole(bench.world);
}

/** A topic, and its first record, come between the two looks of a round: the record waits for the topic. */
async function aTopicComesBetweenTwoLooks(options?: RunOptions): Promise<void> {
  let isArmed = false;
  let lists = 0;
  const made = new Latch();
  const gate: Gate = {
    before: (operation, prefix) => {
      if (!isArmed || operation !== 'list' || !/^(metadata-)?wal\/.*\d[-/]$/.test(prefix)) return undefined;
      lists += 1;
      return lists === 2 ? made.promise : undefined;
    },
  };
  const bench = new CopierBench('topic between looks', options, { sourceGate: gate });
  const { world } = bench.cluster;
  world.host.start();
  await bench.cluster.serving();
  bench.copy();
  await bench.untilInSync();
  isArmed = true;
  await world.until('the second look of a round begins', () => lists >= 2);
  await bench.cluster.createTopic();
  await bench.produce(3);
  made.open();
  await bench.untilInSync();
  await bench.pass(15_000);
  checkReplicaIsWhole(bench.world);
}

/** A committed slot is missing in the bucket: told, and nothing behind it is copied as if nothing were. */
async function aGapInTheBucketIsTold(options?: RunOptions): Promise<void> {
  const bench = new CopierBench('gap in the source', options);
  await bench.start(30);
  const key = bench.slotKey('wal/', 7);
  const body = bench.world.cluster.bucket.contents().get(key)!;
  bench.world.cluster.bucket.vanish(key);
  bench.copy();
  await bench.untilProblem('REPLICATION_SOURCE_GAP');
  assert.ok(!bench.world.replica.contents().has(bench.slotKey('wal/', 8)));
  bench.world.cluster.bucket.plant(key, body);
  await bench.untilInSync();
  checkReplicaIsWhole(bench.world);
}

/** While either store is away the lag grows second by second, and it is bounded again soon after. */
async function theLagTellsTheTruth(options?: RunOptions): Promise<void> {
  const bench = new CopierBench('lag', options);
  await bench.start(5);
  const copier = bench.copy();
  await bench.untilInSync();
  const lagMs = (): number => copier.process.clock.nowMs() - (bench.report.lag?.sinceMs ?? 0);
  const { bucket } = bench.world.cluster;
  const outages: readonly ((away: boolean) => void)[] = [
    (away) => bench.world.replica.setDown(away),
    (away) => bucket.setCutOff(copier.process.name, away),
  ];
  for (const setAway of outages) {
    setAway(true);
    await bench.produce(10);
    await bench.pass(60_000);
    assert.ok(lagMs() >= 60_000, `the lag is ${lagMs()} ms after a minute without the store`);
    assert.notEqual(bench.report.state, 'in sync');
    setAway(false);
    await bench.untilInSync();
    assert.ok(lagMs() < 5_000, `the lag is ${lagMs()} ms once everything is copied`);
  }
  checkReplicaIsWhole(bench.world);
}

export const replicaCopies: readonly PinnedScenario[] = [
  { name: 'copier killed in the middle: the next one finds its place', run: aCopierIsKilledInTheMiddle },
  { name: 'copier conflict: another object under a name is left alone and told', run: anotherObjectIsLeftAlone },
  { name: 'rule-14 copier: a promoted replica gets nothing more', run: aPromotedReplicaGetsNothing },
  { name: 'rule-02 copier: a foreign store gets nothing', run: aForeignStoreGetsNothing },
  { name: 'copier damage: a slot that does not verify is not copied', run: damageIsNotCopied },
  { name: 'copier damage: a slot that was marked lost goes with its mark', run: whatWasMarkedLostIsCopied },
  { name: 'copier order: data wait for their metadata', run: dataWaitForTheirMetadata },
  { name: 'copier order: a topic that comes between two looks', run: aTopicComesBetweenTwoLooks },
  { name: 'copier gap: a slot that the bucket has lost is told', run: aGapInTheBucketIsTold },
  { name: 'copier lag: what waits for a replica that is away is counted', run: whatWaitsForAReplicaIsCounted },
  { name: 'copier lag: it grows while a store is away, and tells when all is there', run: theLagTellsTheTruth },
];
