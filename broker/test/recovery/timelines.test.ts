import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../../src/edge/index.ts';
import type { TimelineEnd, TimelineFile } from '../../src/meta/index.ts';
import { TimelineTree, countsUpTo } from '../../src/recovery/timelines.ts';

const WEST = { provider: 's3', endpoint: 's3.example', bucket: 'west', prefix: '' } as const;
const EAST = { ...WEST, bucket: 'east' };
const SOUTH = { ...WEST, bucket: 'south' };

function timeline(name: string, parent?: string, store: TimelineFile['store'] = WEST): TimelineFile {
  const cut = parent === undefined ? undefined : { metadata: { epoch: 1, slot: 5 }, hlc: hlcOf(name), streams: [] };
  const reason = parent === undefined ? 'root' : 'promotion';
  return { timeline: name, parent, cut, reason, planId: undefined, store, createdAtMs: 1 };
}

function hlcOf(name: string): { readonly ms: number; readonly counter: number } {
  return { ms: Number(name.slice(0, 10)) * 1000, counter: 0 };
}

const ROOT = '0000000001-aaaaaaaa';
const SECOND = '0000000002-bbbbbbbb';
const RIVAL = '0000000002-cccccccc';
const THIRD = '0000000003-dddddddd';

async function leaves(files: readonly TimelineFile[], ends: Record<string, TimelineEnd> = {}): Promise<string[]> {
  const found = await new TimelineTree([files]).leaves((file) => Promise.resolve(ends[file.timeline]));
  return found.map((file) => file.timeline);
}

describe('rule-04 the timeline that counts', () => {
  test('is the root while there is no other', async () => {
    assert.deepEqual(await leaves([timeline(ROOT)]), [ROOT]);
  });

  test('a child in another store counts by existence', async () => {
    assert.deepEqual(await leaves([timeline(ROOT), timeline(SECOND, ROOT, EAST)]), [SECOND]);
  });

  test('rule-03 a child in its parent’s store counts only once the parent has ended in it', async () => {
    const files = [timeline(ROOT), timeline(SECOND, ROOT)];
    assert.deepEqual(await leaves(files), [ROOT]);
    assert.deepEqual(await leaves(files, { [ROOT]: { child: SECOND } }), [SECOND]);
    assert.deepEqual(await leaves(files, { [ROOT]: { child: RIVAL } }), [ROOT]);
  });

  test('siblings are both told: nobody but a person can choose', async () => {
    const files = [timeline(ROOT), timeline(SECOND, ROOT, EAST), timeline(RIVAL, ROOT, SOUTH)];
    assert.deepEqual(await leaves(files), [SECOND, RIVAL]);
    assert.deepEqual(await leaves(files, { [RIVAL]: { child: undefined } }), [SECOND], 'one was abandoned');
  });

  test('a promotion elsewhere and a fork in place are siblings too', async () => {
    const files = [timeline(ROOT), timeline(SECOND, ROOT, EAST), timeline(RIVAL, ROOT)];
    assert.deepEqual(await leaves(files, { [ROOT]: { child: RIVAL } }), [SECOND, RIVAL]);
    assert.deepEqual(await leaves(files), [SECOND], 'the fork in place was never completed');
  });

  test('failback: the way leads through both stores', async () => {
    const files = [timeline(ROOT), timeline(SECOND, ROOT, EAST), timeline(THIRD, SECOND, WEST)];
    assert.deepEqual(await leaves(files), [THIRD]);
    const ancestry = new TimelineTree([files]).ancestry(THIRD);
    assert.deepEqual(
      ancestry.map((step) => step.timeline),
      [ROOT, SECOND, THIRD],
    );
    assert.deepEqual(countsUpTo(ancestry, ROOT), hlcOf(SECOND));
    assert.deepEqual(countsUpTo(ancestry, SECOND), hlcOf(THIRD));
    assert.equal(countsUpTo(ancestry, THIRD), undefined);
  });
});

test('a parent of which no store has a record holds', () => {
  assert.throws(
    () => new TimelineTree([[timeline(SECOND, ROOT, EAST)]]),
    (error) => hasCode(error, 'TIMELINE_MISSING'),
  );
});

test('two stores that tell different things of one timeline hold', () => {
  const copy = { ...timeline(SECOND, ROOT, EAST), createdAtMs: 2 };
  assert.throws(
    () => new TimelineTree([[timeline(ROOT), timeline(SECOND, ROOT, EAST)], [copy]]),
    (error) => hasCode(error, 'TIMELINE_CONFLICT'),
  );
  assert.equal(new TimelineTree([[timeline(ROOT)], [timeline(ROOT)]]).files.length, 1);
});
