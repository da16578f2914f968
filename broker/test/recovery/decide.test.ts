import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, worthOfLocalTail } from '../../src/recovery/decide.ts';
import type { BucketState, Decision, Demands } from '../../src/recovery/decide.ts';
import type { Volume, VolumeIdentity } from '../../src/recovery/volume.ts';

const identity: VolumeIdentity = {
  formatVersion: 1,
  lineage: 'ours',
  timeline: '0000000001-aaaaaaaa',
  broker: 0,
  epoch: 3,
  probed: { store: 'local:x', version: '0.1.0' },
};
const leaf = { timeline: '0000000001-aaaaaaaa', ownedByThisStore: true, ownerAddress: 'local:x' };
const volumes = {
  empty: { kind: 'empty' },
  ours: { kind: 'identified', identity, walPresent: true },
  'ours, WAL missing': { kind: 'identified', identity, walPresent: false },
  'ours, older timeline': {
    kind: 'identified',
    identity: { ...identity, timeline: '0000000000-99999999' },
    walPresent: true,
  },
  'other lineage': { kind: 'identified', identity: { ...identity, lineage: 'theirs' }, walPresent: true },
  'other broker': { kind: 'identified', identity: { ...identity, broker: 7 }, walPresent: true },
  foreign: { kind: 'foreign', names: ['photos'] },
  corrupt: { kind: 'corrupt', reason: 'not JSON' },
} satisfies Record<string, Volume>;
const buckets = {
  empty: { kind: 'empty' },
  foreign: { kind: 'foreign', keys: ['photos/1.jpg'] },
  ours: { kind: 'cluster', lineage: 'ours', leaves: [leaf], unfinished: false },
  unfinished: { kind: 'cluster', lineage: 'ours', leaves: [], unfinished: true },
  replica: { kind: 'cluster', lineage: 'ours', leaves: [{ ...leaf, ownedByThisStore: false }], unfinished: false },
  ambiguous: {
    kind: 'cluster',
    lineage: 'ours',
    leaves: [leaf, { ...leaf, timeline: '0000000001-bbbbbbbb' }],
    unfinished: false,
  },
  'without timeline': { kind: 'cluster', lineage: 'ours', leaves: [], unfinished: false },
} satisfies Record<string, BucketState>;

/** Every cell of the table, in words: action, then mode and quarantine or the code. */
const table: Record<keyof typeof volumes, Record<keyof typeof buckets, string>> = {
  empty: {
    empty: 'create',
    foreign: 'refuse BUCKET_FOREIGN',
    ours: 'open restore nothing',
    unfinished: 'create',
    replica: 'hold STORE_IS_REPLICA',
    ambiguous: 'hold TIMELINE_AMBIGUOUS',
    'without timeline': 'hold TIMELINE_MISSING',
  },
  ours: {
    empty: 'refuse BUCKET_EMPTIED',
    foreign: 'refuse BUCKET_FOREIGN',
    ours: 'open attach nothing',
    unfinished: 'refuse BUCKET_EMPTIED',
    replica: 'hold STORE_IS_REPLICA',
    ambiguous: 'hold TIMELINE_AMBIGUOUS',
    'without timeline': 'hold TIMELINE_MISSING',
  },
  'ours, WAL missing': {
    empty: 'refuse BUCKET_EMPTIED',
    foreign: 'refuse BUCKET_FOREIGN',
    ours: 'open restore everything',
    unfinished: 'refuse BUCKET_EMPTIED',
    replica: 'hold STORE_IS_REPLICA',
    ambiguous: 'hold TIMELINE_AMBIGUOUS',
    'without timeline': 'hold TIMELINE_MISSING',
  },
  'ours, older timeline': {
    empty: 'refuse BUCKET_EMPTIED',
    foreign: 'refuse BUCKET_FOREIGN',
    ours: 'open restore everything',
    unfinished: 'refuse BUCKET_EMPTIED',
    replica: 'hold STORE_IS_REPLICA',
    ambiguous: 'hold TIMELINE_AMBIGUOUS',
    'without timeline': 'hold TIMELINE_MISSING',
  },
  'other lineage': {
    empty: 'refuse BUCKET_EMPTIED',
    foreign: 'refuse BUCKET_FOREIGN',
    ours: 'refuse LINEAGE_MISMATCH',
    unfinished: 'refuse LINEAGE_MISMATCH',
    replica: 'refuse LINEAGE_MISMATCH',
    ambiguous: 'refuse LINEAGE_MISMATCH',
    'without timeline': 'refuse LINEAGE_MISMATCH',
  },
  'other broker': {
    empty: 'refuse BUCKET_EMPTIED',
    foreign: 'refuse BUCKET_FOREIGN',
    ours: 'refuse BROKER_ID_MISMATCH',
    unfinished: 'refuse BROKER_ID_MISMATCH',
    replica: 'refuse BROKER_ID_MISMATCH',
    ambiguous: 'refuse BROKER_ID_MISMATCH',
    'without timeline': 'refuse BROKER_ID_MISMATCH',
  },
  foreign: {
    empty: 'refuse VOLUME_FOREIGN',
    foreign: 'refuse VOLUME_FOREIGN',
    ours: 'refuse VOLUME_FOREIGN',
    unfinished: 'refuse VOLUME_FOREIGN',
    replica: 'refuse VOLUME_FOREIGN',
    ambiguous: 'refuse VOLUME_FOREIGN',
    'without timeline': 'refuse VOLUME_FOREIGN',
  },
  corrupt: {
    empty: 'refuse VOLUME_CORRUPT',
    foreign: 'refuse BUCKET_FOREIGN',
    ours: 'open restore everything',
    unfinished: 'create',
    replica: 'hold STORE_IS_REPLICA',
    ambiguous: 'hold TIMELINE_AMBIGUOUS',
    'without timeline': 'hold TIMELINE_MISSING',
  },
};

function inWords(decision: Decision): string {
  switch (decision.action) {
    case 'create':
      return 'create';
    case 'open':
      return `open ${decision.mode} ${decision.quarantine}`;
    case 'hold':
    case 'refuse':
      return `${decision.action} ${decision.code}`;
  }
}

const noDemands: Demands = { lineage: undefined, broker: 0 };

for (const [volumeName, row] of Object.entries(table)) {
  for (const [bucketName, expected] of Object.entries(row)) {
    test(`volume ${volumeName} × bucket ${bucketName} → ${expected}`, () => {
      const volume = volumes[volumeName as keyof typeof volumes];
      const bucket = buckets[bucketName as keyof typeof buckets];
      assert.equal(inWords(decide(volume, bucket, noDemands)), expected);
    });
  }
}

test('a demanded lineage must be the one in the bucket', () => {
  const demands: Demands = { lineage: 'other', broker: 0 };
  assert.equal(inWords(decide(volumes.empty, buckets.ours, demands)), 'refuse LINEAGE_MISMATCH');
  assert.equal(inWords(decide(volumes.empty, buckets.empty, demands)), 'refuse LINEAGE_NOT_FOUND');
  assert.equal(inWords(decide(volumes.empty, buckets.ours, { lineage: 'ours', broker: 0 })), 'open restore nothing');
});

const untold = { unreachable: ['s3:east'], withHistory: undefined };
const elsewhere = { unreachable: [], withHistory: { description: 's3:east', lineage: 'ours' } };

test('rule-14: a store that does not tell its timelines holds, unless somebody said which store the cluster runs on', () => {
  assert.equal(inWords(decide(volumes.ours, buckets.ours, noDemands, untold)), 'hold STORES_UNTOLD');
  assert.equal(inWords(decide(volumes.empty, buckets.empty, noDemands, untold)), 'hold STORES_UNTOLD');
  const named = { ...noDemands, isStoreNamed: true };
  assert.equal(inWords(decide(volumes.ours, buckets.ours, named, untold)), 'open attach nothing');
});

test('an empty volume that waits for its release is not filled; what has an identity needs none', () => {
  const held: Demands = { ...noDemands, emptyVolume: { id: 'a1', isReleased: false } };
  assert.equal(inWords(decide(volumes.empty, buckets.ours, held)), 'hold VOLUME_HELD');
  assert.equal(inWords(decide(volumes.empty, buckets.empty, held)), 'create');
  const released: Demands = { ...noDemands, emptyVolume: { id: 'a1', isReleased: true } };
  assert.equal(inWords(decide(volumes.empty, buckets.ours, released)), 'open restore nothing');
  assert.equal(inWords(decide(volumes.empty, buckets.replica, held)), 'hold STORE_IS_REPLICA', 'worse comes first');
});

test('a primary that is empty while a replica has a history is not taken for a new one', () => {
  assert.equal(inWords(decide(volumes.empty, buckets.empty, noDemands, elsewhere)), 'hold HISTORY_ELSEWHERE');
  assert.equal(inWords(decide(volumes.empty, buckets.ours, noDemands, elsewhere)), 'open restore nothing');
});

test('every hold and refusal says what to do', () => {
  for (const others of [untold, elsewhere]) {
    const decision = decide(volumes.empty, buckets.empty, noDemands, others);
    assert.ok(decision.action === 'hold' && decision.remedy !== '');
  }
  for (const volume of Object.values(volumes)) {
    for (const bucket of Object.values(buckets)) {
      const decision = decide(volume, bucket, noDemands);
      if (decision.action === 'hold' || decision.action === 'refuse') assert.notEqual(decision.remedy, '');
    }
  }
});

test('rule-11: the tail of a volume that another incarnation overtook goes to salvage', () => {
  assert.equal(worthOfLocalTail(identity, { newestRegisteredEpoch: 4 }), 'salvage');
  assert.equal(worthOfLocalTail(identity, { newestRegisteredEpoch: 3 }), 're-append');
  assert.equal(worthOfLocalTail(identity, { newestRegisteredEpoch: 2 }), 're-append');
});
