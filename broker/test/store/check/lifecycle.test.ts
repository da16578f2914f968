import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LifecycleRule } from '../../../src/store/index.ts';
import { harmfulRules, harmfulRulesError } from '../../../src/store/check/lifecycle.ts';

function rule(changes: Partial<LifecycleRule>): LifecycleRule {
  return { id: 'r', prefixes: [], suffixes: [], effect: 'deletes', text: 'after 30 days', ...changes };
}

function meets(changes: Partial<LifecycleRule>, prefix = ''): readonly string[] {
  return harmfulRules([rule(changes)], prefix).flatMap((harmful) => harmful.meets);
}

describe('lifecycle rules that take away what a start needs', () => {
  test('a rule for everything meets everything', () => {
    const all = meets({});
    for (const name of ['cluster.json', 'timelines/', 'metadata-wal/', 'wal/']) assert.ok(all.includes(name));
    assert.deepEqual(meets({ effect: 'archives' }), all);
  });

  test('a rule inside a needed folder, or for a part of its name, meets it', () => {
    assert.deepEqual(meets({ prefixes: ['wal/1-abc/'] }), ['wal/']);
    assert.deepEqual(meets({ prefixes: ['clus'] }), ['cluster.json']);
    assert.deepEqual(meets({ prefixes: ['metadata-'] }), ['metadata-wal/', 'metadata-snapshots/']);
  });

  test('moving to a class that is read at once is harmless', () => {
    assert.deepEqual(meets({ effect: 'tiers' }), []);
  });

  test('rules for what is not needed, or for other prefixes of the bucket, are harmless', () => {
    assert.deepEqual(meets({ prefixes: ['probe/', 'salvage/', 'walrus/'] }), []);
    assert.deepEqual(meets({ prefixes: ['wal/'] }, 'team/cluster'), []);
    assert.deepEqual(meets({ prefixes: ['team/cluster-2/'] }, 'team/cluster'), []);
  });

  test('rules for the prefix, or above it, meet', () => {
    assert.deepEqual(meets({ prefixes: ['team/cluster/wal/'] }, 'team/cluster'), ['wal/']);
    assert.ok(meets({ prefixes: ['team/'] }, 'team/cluster').includes('wal/'));
    assert.ok(meets({ prefixes: ['other/', 'team/clus'] }, 'team/cluster').includes('cluster.json'));
  });

  test('a rule for endings meets if an object of ours can end so', () => {
    assert.deepEqual(meets({ suffixes: ['.log', '.tmp'] }), []);
    assert.ok(meets({ suffixes: ['.wal'] }).includes('wal/'));
    assert.ok(meets({ suffixes: ['l'] }).includes('wal/'));
    assert.ok(meets({ suffixes: ['000001.wal'] }).includes('wal/'));
  });

  test('the refusal names rule, names and what may be done instead', () => {
    const harmful = harmfulRules([rule({ id: 'old', prefixes: ['wal/'] })], '');
    const error = harmfulRulesError('s3://bucket', harmful);
    assert.equal(error.code, 'LIFECYCLE_EATS_LOG');
    assert.match(error.message, /s3:\/\/bucket would lose data: "old" deletes wal\/ \(after 30 days\)/);
    assert.match(error.remedy, /STANDARD_IA.*probe\/ and salvage\//);
  });
});
