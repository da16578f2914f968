import assert from 'node:assert/strict';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { noStoreFaults } from '../sim-store.ts';
import { ClusterBench } from './cluster-bench.ts';

/** Five acks=1 batches that only the disk has: the store went away before they were uploaded. */
async function withLocalTail(name: string, options?: RunOptions): Promise<ClusterBench> {
  const bench = new ClusterBench(name, options);
  await bench.start();
  await bench.produce(-1);
  const { world } = bench;
  // The first acks=1 makes the broker declare that it acknowledges from disk; that needs the store.
  await bench.produce(1);
  await world.pass(1_000);
  world.bucket.setDown(true);
  for (let i = 0; i < 5; i++) await bench.produce(1);
  return bench;
}

/** What was not synced is lost by chance, so several times. */
async function aSurvivingTailIsAppendedAgain(options?: RunOptions): Promise<void> {
  for (let round = 0; round < 6; round++) {
    const bench = await withLocalTail(`rule 11 tail ${round}`, options);
    bench.world.host.losePower();
    bench.world.bucket.setDown(false);
    await bench.serving();
    await bench.restoreAndCheck();
  }
}

/** The second start re-appends the tail, and loses its power before the bucket has it: by chance, so several times. */
async function localFilesStayUntilTheBucketHasThem(options?: RunOptions): Promise<void> {
  for (let round = 0; round < 8; round++) await loseThePowerWhileReappending(`rule 11 files stay ${round}`, options);
}

async function loseThePowerWhileReappending(name: string, options?: RunOptions): Promise<void> {
  const bench = await withLocalTail(name, options);
  const { world } = bench;
  world.host.losePower();
  world.bucket.setDown(false);
  await bench.untilStoreSays('/0000000002/00000000000000000000.wal');
  const second = world.host.current;
  assert.ok(second !== undefined);
  world.onStoreLine = (line) => {
    // It is registered and leads: from here on the store takes nothing more.
    if (line.includes(`${second.process.name} create metadata-wal`) && line.includes('answered created')) {
      world.bucket.faults = { ...noStoreFaults, unavailable: 1 };
    }
  };
  await world.pass(30_000);
  world.onStoreLine = () => undefined;
  assert.equal(second.state, 'booting', 'it cannot serve before its tail is in the bucket');
  world.host.losePower();
  world.bucket.faults = noStoreFaults;
  await bench.serving();
  await bench.restoreAndCheck();
}

/** What another incarnation, on another volume, has overtaken is not brought back. */
async function anOvertakenVolumeIsSetAside(options?: RunOptions): Promise<void> {
  const bench = await withLocalTail('rule 11 overtaken', options);
  const { host, bucket } = bench.world;
  host.becomeZombie(10_000_000);
  bucket.setDown(false);
  await bench.serving();
  for (let i = 0; i < 3; i++) await bench.produce(-1);
  host.comeBackOnOldVolume();
  await bench.serving();
  for (let i = 0; i < 3; i++) await bench.produce(-1);
  const salvaged = [...bucket.contents().keys()].filter((key) => key.startsWith('salvage/'));
  assert.ok(salvaged.length > 0, 'the tail that could not continue is in the bucket, not nowhere');
  await bench.restoreAndCheck();
}

/** Leadership has moved, even if nobody has written to the partition since: the tail is set aside, for a person to look at. */
async function anOvertakenTailIsSetAsideThoughNothingFollowed(options?: RunOptions): Promise<void> {
  const bench = await withLocalTail('rule 11 untouched', options);
  const { host, bucket } = bench.world;
  host.becomeZombie(10_000_000);
  bucket.setDown(false);
  await bench.serving();
  host.comeBackOnOldVolume();
  await bench.serving();
  const salvaged = [...bucket.contents().keys()].filter((key) => key.startsWith('salvage/'));
  assert.ok(salvaged.length > 0, 'an overtaken tail is in the bucket, and not in the history');
  await bench.restoreAndCheck();
}

/**
 * The old volume holds A, then B of an idempotent producer. The history went on elsewhere without A, and with B again, so that
 * the old copy of B would fit exactly behind the end: it must not be taken for a continuation.
 */
async function anOvertakenTailThatFitsIsNoContinuation(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('rule 11 fits', options);
  await bench.start();
  const { world, client } = bench;
  const { host, bucket } = world;
  await bench.produce(1);
  await world.pass(1_000);
  bucket.setDown(true);
  await bench.produce(1);
  const producerId = 5_000_000;
  const idempotent = bench.batch(-1, client, producerId);
  assert.equal(await world.settle(bench.attempt(idempotent, client)), false);
  host.becomeZombie(10_000_000);
  bucket.setDown(false);
  await bench.serving();
  await world.settle(bench.deliver(idempotent, client));
  host.comeBackOnOldVolume();
  await bench.serving();
  await bench.produce(-1);
  await bench.restoreAndCheck();
}

export const rule11: readonly PinnedScenario[] = [
  { name: 'rule-11 tail: what only the disk has is appended again', run: aSurvivingTailIsAppendedAgain },
  { name: 'rule-11 files: they stay until the bucket has the tail', run: localFilesStayUntilTheBucketHasThem },
  { name: 'rule-11 overtaken: a tail that cannot continue is salvaged', run: anOvertakenVolumeIsSetAside },
  {
    name: 'rule-11 untouched: an overtaken tail is salvaged though nothing followed it',
    run: anOvertakenTailIsSetAsideThoughNothingFollowed,
  },
  {
    name: 'rule-11 fits: an overtaken tail is no continuation even if it fits',
    run: anOvertakenTailThatFitsIsNoContinuation,
  },
];
