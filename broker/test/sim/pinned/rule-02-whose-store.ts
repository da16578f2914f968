import assert from 'node:assert/strict';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { ClusterBench } from './cluster-bench.ts';

/** A copy of the bucket under another name is a replica: an empty broker neither appends to it nor seals in it. */
async function aReplicaIsNotWrittenTo(options?: RunOptions): Promise<void> {
  const primary = new ClusterBench('rule 02 primary', options);
  await primary.start();
  for (let i = 0; i < 5; i++) await primary.produce(-1);
  const replica = new ClusterBench('rule 02 replica', options, { bucket: 'replica' });
  for (const [key, body] of primary.world.bucket.contents()) replica.world.bucket.plant(key, body);
  const keys = (): string[] => [...replica.world.bucket.contents().keys()].filter((key) => !key.startsWith('probe/'));
  const before = keys();
  const refused = replica.world.host.expectRefusals();
  replica.world.host.start();
  await replica.world.pass(10_000);
  assert.deepEqual([...new Set(refused.codes)], ['STORE_IS_REPLICA']);
  assert.deepEqual(keys(), before, 'something was written into a replica');
}

/** Somebody else runs on the bucket, and his heartbeats show it: another installation holds, whatever its volume says. */
async function anotherInstallationHolds(options?: RunOptions): Promise<void> {
  const bench = new ClusterBench('another installation', options, { metadataHeartbeatMs: 1_000 });
  await bench.start();
  await bench.produce(-1);
  const { host } = bench.world;
  const first = host.current;
  const refused = host.expectRefusals();
  host.leaveEnded();
  host.newVolume();
  host.start(host.volume, { installation: 'somebody else' });
  await bench.world.pass(20_000);
  assert.deepEqual([...new Set(refused.codes)], ['OTHER_INSTALLATION_ALIVE']);
  assert.equal(first?.state, 'serving', 'the one that was there goes on');
}

export const rule02: readonly PinnedScenario[] = [
  { name: 'rule-02 replica: a store that is not named by the timeline is not written to', run: aReplicaIsNotWrittenTo },
  {
    name: 'rule-02 installation: a bucket on which another installation runs is left alone',
    run: anotherInstallationHolds,
  },
];
