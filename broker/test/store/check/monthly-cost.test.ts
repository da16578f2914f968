import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimateMonthlyCost } from '../../../src/store/check/monthly-cost.ts';
import { pricesOf, requestPrice } from '../../../src/store/index.ts';

const address = { endpoint: '', bucket: 'b', prefix: '' };

test('a month of a broker: heartbeats and looks when idle, one object each linger when busy', () => {
  const prices = pricesOf({ provider: 's3', ...address })!;
  const { idle, busy, usdPer100GibMonth } = estimateMonthlyCost(prices, { heartbeatMs: 10_000, lingerMs: 100 });
  assert.deepEqual([idle.writes, idle.reads], [259_200, 259_200]);
  assert.equal(idle.usd.toFixed(2), '1.40');
  assert.equal(busy.writes, 26_179_200);
  assert.equal(busy.usd.toFixed(2), '130.90');
  assert.equal(usdPer100GibMonth.toFixed(2), '2.30');
});

test('a directory costs nothing, deletions cost nothing anywhere', () => {
  assert.equal(pricesOf({ provider: 'local', ...address }), undefined);
  for (const provider of ['s3', 'gcs', 'azure'] as const) {
    const prices = pricesOf({ provider, ...address })!;
    assert.equal(prices.provider, provider);
    assert.equal(requestPrice(prices, 'delete'), 0);
    assert.ok(requestPrice(prices, 'create') > requestPrice(prices, 'get'));
  }
});
