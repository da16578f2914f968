import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSpec, ClusterStatus, Condition, NodeStatus } from '../../src/api/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

test('types follow the table: required and defaulted fields are there, the others may be absent', () => {
  const linger: Equal<ClusterSpec['durability']['lingerMs'], number | undefined> = true;
  const port: Equal<ClusterSpec['listeners'][number]['port'], number> = true;
  const config: Equal<NonNullable<ClusterSpec['config']>, { readonly [name: string]: string }> = true;
  const hold: Equal<ClusterSpec['recovery']['onEmptyVolume'], 'Auto' | 'Hold'> = true;
  const bucket: Equal<NonNullable<ClusterSpec['objectStore']['s3']>['bucket'], string> = true;
  const secret: Equal<
    NonNullable<NonNullable<ClusterSpec['objectStore']['credentials']>['secretRef']>['name'],
    string
  > = true;
  const ready: Equal<NodeStatus['ready'], boolean> = true;
  const finished: Equal<NonNullable<NodeStatus['lastRecovery']>['finishedAt'], string> = true;
  const endpoint: Equal<NonNullable<ClusterStatus['endpoints']>[number]['bootstrap'], string> = true;
  const status: Equal<Condition['status'], 'True' | 'False' | 'Unknown'> = true;
  const mode: Equal<NonNullable<NodeStatus['lastRecovery']>['mode'], 'created' | 'restored' | 'attached'> = true;
  const pull: Equal<ClusterSpec['imagePullPolicy'], 'Always' | 'IfNotPresent' | 'Never' | undefined> = true;
  const held = [linger, port, config, hold, bucket, secret, ready, finished, endpoint, status, mode, pull];
  assert.ok(held.every((equal) => equal));
});
