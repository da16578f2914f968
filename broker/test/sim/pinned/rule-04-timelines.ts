import assert from 'node:assert/strict';
import { ApiKeys, KafkaErrors } from '../../../src/kafka/index.ts';
import { decodeTimelineFile, encodeTimelineFile, timelineFileKey } from '../../../src/meta/files/timeline-file.ts';
import { promote } from '../../../src/recovery/index.ts';
import { commitOffsets } from '../clients/offsets.ts';
import type { ClusterClient } from '../clients/cluster-client.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import type { SimBucket } from '../sim-store.ts';
import { FailoverBench, ORDER } from './failover-bench.ts';

function timelinesIn(bucket: SimBucket): readonly string[] {
  return [...bucket.contents().keys()].filter((key) => key.startsWith('timelines/'));
}

/** A child in the same store whose parent never said that it goes on there: its maker died over it, or is still at work. */
async function aForkWithoutTheLastWordIsInert(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 03', options);
  await bench.start();
  await bench.produce(-1);
  const [key] = timelinesIn(bench.west);
  const root = decodeTimelineFile(bench.west.contents().get(key!)!, key!);
  const timeline = '0000000002-0badf00d';
  const cut = { metadata: { epoch: 1, slot: 1 }, hlc: { ms: 1, counter: 0 }, streams: [] };
  const fork = { ...root, timeline, parent: root.timeline, cut, reason: 'point in time', planId: 'half done' } as const;
  bench.west.plant(timelineFileKey(timeline), encodeTimelineFile(fork));
  bench.world.host.kill();
  await bench.world.pass(5_000);
  await bench.serving();
  assert.deepEqual(await bench.numbers(), [0]);
}

/** Two copies were promoted: nobody but a person may choose. */
async function siblingsHold(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 04', options);
  const south = bench.world.addBucket('south');
  await bench.start();
  await bench.produce(-1);
  await bench.world.pass(3_000);
  bench.endPrimary();
  bench.copy();
  bench.copy(undefined, south);
  await bench.promote();
  await bench.promote({ planId: 'another' }, south);
  const { host } = bench.world;
  const refused = host.expectRefusals();
  host.newVolume();
  host.moveTo({ active: bench.east, replicas: [south] });
  host.start();
  await bench.world.pass(20_000);
  assert.deepEqual([...new Set(refused.codes)], ['TIMELINE_AMBIGUOUS']);
}

/** Several carry out one plan at once, while more of the copy arrives between their looks. */
async function onePlanMakesOneTimeline(options?: RunOptions): Promise<void> {
  const bench = await FailoverBench.lostPrimary('rule 05', options);
  const promotions = [1, 2, 3].map(() => promote(bench.copyOptions(), ORDER, 'east'));
  await bench.world.settle(Promise.all(promotions));
  assert.equal(timelinesIn(bench.east).length, 2, 'the root and one child');
}

/** A plan that was made of a timeline that has ended meanwhile promotes nothing. */
async function anOutdatedPlanHolds(options?: RunOptions): Promise<void> {
  const bench = await FailoverBench.lostPrimary('rule 05 outdated', options);
  await assert.rejects(bench.promote({ expectedParent: '0000000001-00000000' }), { code: 'PLAN_OUTDATED' });
  assert.equal(timelinesIn(bench.east).length, 1);
}

/** A plan that was carried out, and left again, stays where brokers read it: it promotes nothing a second time. */
async function aPlanThatWasCarriedOutIsOver(options?: RunOptions): Promise<void> {
  const bench = await FailoverBench.lostPrimary('rule 05 again', options);
  await bench.failOver();
  await bench.world.pass(3_000);
  bench.endPrimary();
  bench.copy(undefined, bench.west, bench.east);
  await bench.promote({ planId: 'home' }, bench.west);
  bench.copy();
  await assert.rejects(bench.promote(), { code: 'PLAN_OUTDATED' });
  assert.equal(timelinesIn(bench.east).length, 3, 'the root, the child, and the way home');
}

/** The plan was made of a timeline of which this store has not heard, and the other one does not tell: what is here may not be opened. */
async function aPlanOfAnUnknownTimelineHolds(options?: RunOptions): Promise<void> {
  const bench = await FailoverBench.lostPrimary('rule 05 unheard', options);
  await bench.promote();
  const child = timelinesIn(bench.east)
    .filter((key) => !timelinesIn(bench.west).includes(key))
    .map((key) => decodeTimelineFile(bench.east.contents().get(key)!, key).timeline)[0];
  bench.east.setDown(true);
  const { host } = bench.world;
  const refused = host.expectRefusals();
  host.newVolume();
  const promotion = { ...ORDER, planId: 'home', expectedParent: child };
  host.moveTo({ active: bench.west, replicas: [bench.east], promotion });
  host.start();
  await bench.world.pass(30_000);
  assert.deepEqual([...new Set(refused.codes)], ['PLAN_OUTDATED']);
}

/** The old primary is alive and can see where the cluster went. */
async function theOldPrimaryFencesItself(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 14 fence', options);
  await bench.start();
  await bench.produce(-1);
  await bench.world.pass(3_000);
  const old = bench.world.host.current;
  bench.world.host.leaveEnded();
  bench.copy();
  await bench.promote();
  await bench.world.until('the old primary ends', () => old?.process.alive === false, 20_000);
}

/** A store that might know a newer timeline cannot be read, and nobody said where the cluster runs. */
async function aStoreThatDoesNotTellHolds(options?: RunOptions): Promise<void> {
  const bench = await FailoverBench.lostPrimary('rule 14 untold', options);
  await bench.promote();
  bench.east.setDown(true);
  const { host } = bench.world;
  const refused = host.expectRefusals();
  host.newVolume();
  host.moveTo({ active: bench.west, replicas: [bench.east], isUnnamed: true });
  host.start();
  await bench.world.pass(30_000);
  assert.deepEqual([...new Set(refused.codes)], ['STORES_UNTOLD']);
}

/** The plan names the store that the cluster has left, and the one where it went on does not answer: the volume knows of it. */
async function aVolumeOfAnUnknownTimelineHolds(options?: RunOptions): Promise<void> {
  const bench = await FailoverBench.lostPrimary('rule 14 unknown', options);
  await bench.failOver();
  await bench.produce(-1);
  bench.endPrimary();
  bench.east.setDown(true);
  const { host } = bench.world;
  const refused = host.expectRefusals();
  host.moveTo({ active: bench.west, replicas: [bench.east] });
  host.start();
  await bench.world.pass(30_000);
  assert.deepEqual([...new Set(refused.codes)], ['TIMELINE_UNTOLD']);
}

/** The primary's bucket was lost and made anew: that is no new cluster while a replica holds its history. */
async function anEmptiedPrimaryIsNotBegunAfresh(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('history elsewhere', options);
  await bench.start();
  await bench.produce(-1);
  bench.endPrimary();
  bench.copy();
  const anew = bench.world.addBucket('west anew');
  const { host } = bench.world;
  const refused = host.expectRefusals();
  host.newVolume();
  host.moveTo({ active: anew, replicas: [bench.east] });
  host.start();
  await bench.world.pass(20_000);
  assert.deepEqual([...new Set(refused.codes)], ['HISTORY_ELSEWHERE']);
}

async function newProducerId(bench: FailoverBench, client: ClusterClient): Promise<number> {
  await bench.world.settle(client.refreshPatiently());
  const body = { transactionalId: null, transactionTimeoutMs: 60_000 };
  const answer = await bench.world.settle(client.request(ApiKeys.InitProducerId, 'InitProducerId', body));
  assert.equal(answer.errorCode, KafkaErrors.NONE);
  return answer.producerId;
}

/** Ids that the old primary gave beyond the cut belong to producers that may still be at work. */
async function producerIdsAreNotGivenTwice(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('rule 21 ids', options);
  await bench.start();
  await bench.produce(-1);
  await bench.world.pass(3_000);
  bench.copy();
  const given = await newProducerId(bench, bench.world.client('before'));
  bench.endPrimary();
  await bench.failOver();
  assert.ok((await newProducerId(bench, bench.world.client('after'))) > given);
}

/** A group committed an offset that the cut does not hold: it goes back to the end, and is told. */
async function offsetsBeyondTheCutAreClamped(options?: RunOptions): Promise<void> {
  const bench = new FailoverBench('hole 32', options);
  await bench.start();
  await bench.produce(-1);
  const { world, client } = bench;
  const find = { key: 'group', keyType: 0, coordinatorKeys: ['group'] };
  for (let code: number = -1; code !== KafkaErrors.NONE;) {
    const answer = await world.settle(client.request(ApiKeys.FindCoordinator, 'FindCoordinator', find));
    const found = answer.coordinators[0] ?? answer;
    const member = { group: 'group', memberId: '', generation: -1 };
    const positions = [{ topic: 'topic', partition: 0, offset: 900 }];
    if (found.errorCode === KafkaErrors.NONE) {
      code = await world.settle(commitOffsets(world, client, found.nodeId, member, positions));
    }
    if (code !== KafkaErrors.NONE) await world.settle(client.backOff());
  }
  await world.pass(3_000);
  bench.endPrimary();
  bench.copy();
  await bench.failOver();
  assert.match(
    world.host.current?.broker?.clampedOffsets.join() ?? '',
    /group group had committed 900; the history ends at 1/,
  );
}

export const rule04: readonly PinnedScenario[] = [
  {
    name: 'rule-03 inert: a fork in place without its parent’s last word does not count',
    run: aForkWithoutTheLastWordIsInert,
  },
  { name: 'rule-04 siblings: two stores that were both promoted hold', run: siblingsHold },
  { name: 'rule-05 plan: several who carry out one plan make one timeline', run: onePlanMakesOneTimeline },
  { name: 'rule-05 outdated: a plan made of another timeline promotes nothing', run: anOutdatedPlanHolds },
  { name: 'rule-05 again: a plan that was carried out and left is over', run: aPlanThatWasCarriedOutIsOver },
  {
    name: 'rule-05 unheard: a plan of a timeline that nobody here knows opens nothing',
    run: aPlanOfAnUnknownTimelineHolds,
  },
  { name: 'rule-14 fence: an old primary that sees the new timeline ends by itself', run: theOldPrimaryFencesItself },
  { name: 'rule-14 untold: a store that does not tell its timelines holds', run: aStoreThatDoesNotTellHolds },
  {
    name: 'rule-14 unknown: a volume of a timeline that no store tells of holds',
    run: aVolumeOfAnUnknownTimelineHolds,
  },
  {
    name: 'hole-31 anew: an emptied primary is no new cluster while a replica has its history',
    run: anEmptiedPrimaryIsNotBegunAfresh,
  },
  { name: 'rule-21 ids: producer ids given beyond the cut are not given again', run: producerIdsAreNotGivenTwice },
  {
    name: 'hole-32 clamp: an offset beyond the cut goes back to the end, and is told',
    run: offsetsBeyondTheCutAreClamped,
  },
];
