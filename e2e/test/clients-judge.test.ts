import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Matrix } from '../clients/model/matrix.ts';
import { expectSameRecords } from '../clients/model/records.ts';
import type { SeenRecord } from '../clients/model/records.ts';
import { clientsPage } from '../clients/report/markdown.ts';

const RECORD: SeenRecord = {
  partition: 0,
  offset: 5,
  key: Buffer.from('key'),
  value: Buffer.from('v'.repeat(100)),
  headers: [['origin', Buffer.from('here')]],
};

test('two readings are the same in whatever order the records came', () => {
  const other = { ...RECORD, partition: 1 };
  expectSameRecords([other, RECORD], [RECORD, other]);
});

test('any difference between two readings is noticed', () => {
  const changed: readonly SeenRecord[] = [
    { ...RECORD, partition: 1 },
    { ...RECORD, offset: 6 },
    { ...RECORD, key: null },
    { ...RECORD, key: Buffer.from([0xff]) },
    { ...RECORD, value: Buffer.from(`${'v'.repeat(99)}w`) },
    { ...RECORD, value: Buffer.alloc(0) },
    { ...RECORD, value: null },
    { ...RECORD, headers: [] },
    { ...RECORD, headers: [['origin', Buffer.from('there')]] },
  ];
  for (const record of changed) assert.throws(() => expectSameRecords([record], [RECORD]), /2 differ/);
  assert.throws(() => expectSameRecords([], [RECORD]), /missing/);
  assert.throws(() => expectSameRecords([RECORD, RECORD], [RECORD]), /1 records came twice/);
});

test('the page tells before from after, and why a client lacks an operation', () => {
  const matrix = new Matrix();
  matrix.record('some', 'consume', 'before', { kind: 'passed', tookMs: 1 });
  matrix.record('some', 'consume', 'after', { kind: 'failed', reason: 'nothing came' });
  for (const phase of ['before', 'after'] as const) {
    matrix.record('some', 'log-dirs', phase, { kind: 'not-applicable', reason: 'no such call' });
  }
  const page = clientsPage(matrix, [{ name: 'some', version: 'some 1.0' }], '2026-01-02');
  assert.match(page, /\| consume from the beginning \| ✔ ✘ \|/);
  assert.match(page, /\| describe log directories \| n\/a \|/);
  assert.match(page, /- some: no such call \(describe log directories\)\./);
  assert.match(page, /\| list topics \| missing \|/);
});
