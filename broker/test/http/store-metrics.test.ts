import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../src/http/index.ts';
import { pricesOf } from '../../src/store/index.ts';
import type { StoreRequest } from '../../src/store/index.ts';

const prices = pricesOf({ provider: 's3', endpoint: '', bucket: 'b', prefix: '' });

function request(changes: Partial<StoreRequest>): StoreRequest {
  return { operation: 'create', outcome: 'ok', bytes: 100, durationMs: 20, ...changes };
}

const idle = (): { inFlight: number; waiting: number } => ({ inFlight: 0, waiting: 0 });

test('requests, bytes, time, cost, reachability and queue are shown by lane', async () => {
  const metrics = new Metrics();
  let isReachable = true;
  const commit = metrics.storeLane({ lane: 'commit', prices, isReachable: () => isReachable, queue: idle });
  const cold = metrics.storeLane({
    lane: 'cold',
    prices: undefined,
    isReachable: () => true,
    queue: () => ({ inFlight: 8, waiting: 3 }),
  });
  for (let count = 0; count < 1000; count += 1) commit.onRequest(request({}));
  commit.onRequest(request({ outcome: 'throttled', bytes: 0 }));
  cold.onRequest(request({ operation: 'get', bytes: 7 }));
  isReachable = false;
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'chronik_store_requests_total{lane="commit",operation="create",outcome="ok"} 1000',
    'chronik_store_requests_total{lane="commit",operation="create",outcome="throttled"} 1',
    'chronik_store_requests_total{lane="cold",operation="get",outcome="ok"} 1',
    'chronik_store_bytes_total{lane="commit",operation="create"} 100000',
    'chronik_store_request_seconds_bucket{le="0.03",lane="commit",operation="create"} 1001',
    'chronik_store_reachable{lane="commit"} 0',
    'chronik_store_reachable{lane="cold"} 1',
    'chronik_store_queue{lane="commit",state="in-flight"} 0',
    'chronik_store_queue{lane="cold",state="in-flight"} 8',
    'chronik_store_queue{lane="cold",state="waiting"} 3',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  // What was throttled is not billed.
  const cost = lines.filter((line) => line.startsWith('chronik_store_request_cost_dollars_total{'));
  assert.equal(cost.length, 1);
  assert.match(cost[0]!, /^\S+\{lane="commit",class="write"\} 0\.00(5|49999\d*|50000\d*)$/);
});
