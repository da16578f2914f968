import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdown } from '../bench/report/markdown.ts';
import { plot } from '../bench/report/plot.ts';
import { OTHER, countedRounds } from '../bench/report/quiet.ts';
import type { Row } from '../bench/report/row.ts';

const round = (rate: number, other: number): Record<string, number> => ({ 'MB/s': rate, [OTHER]: other });

test('disturbed rounds are left out as long as two remain, whatever they showed', () => {
  const rounds = [round(10, 5), round(99, 80), round(12, 30)];
  assert.deepEqual(countedRounds(rounds), { rounds: [rounds[0], rounds[2]], busy: false });
});

test('with fewer than two quiet rounds all count, and are marked', () => {
  const rounds = [round(10, 5), round(99, 80), round(12, 31)];
  assert.deepEqual(countedRounds(rounds), { rounds, busy: true });
  assert.deepEqual(countedRounds([round(10, 5)]), { rounds: [round(10, 5)], busy: false });
  assert.deepEqual(countedRounds([round(10, 50)]), { rounds: [round(10, 50)], busy: true });
});

test('table and picture show the same rounds, and which rows are not to be compared', () => {
  const about = { suite: 'produce', case: '1 partition', tool: 'a <tool>', command: 'run it' };
  const rows: readonly Row[] = [
    { ...about, peer: 'Chronik', rounds: [round(10, 5), round(99, 80), round(12, 30)] },
    { ...about, peer: 'Kafka', rounds: [round(7, 90), round(8, 90)] },
  ];
  const report = { startedAt: 'now', machine: {}, guarantees: {}, rows, rawLimits: [] };
  const text = markdown(report);
  assert.match(text, /\| Chronik \| a <tool> \| 2 of 3 \| 10\.0 \/ 11\.0 \/ 12\.0 \|/);
  assert.match(text, /\| Kafka \| a <tool> \| 2 of 2 BUSY \| 7\.00 \/ 7\.50 \/ 8\.00 \|/);
  const picture = plot(rows);
  assert.match(picture, />11 Chronik</);
  assert.match(picture, /class="busy"/);
  assert.match(picture, /1 partition · a &lt;tool>/);
  assert.equal(picture.match(/class="busy"/g)?.length, 1);
});
