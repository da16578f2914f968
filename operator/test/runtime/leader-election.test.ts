import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError, types } from '../../src/kube/index.ts';
import { GatedApi, NotLeaderError } from '../../src/runtime/gated-api.ts';
import { LeaderElection } from '../../src/runtime/leader-election.ts';
import { FakeKube } from '../fake/fake-kube.ts';
import { TestClock, settle, silentLog } from '../fake/test-clock.ts';

function candidate(api: FakeKube, clock: TestClock, identity: string): LeaderElection {
  return new LeaderElection({ api, namespace: 'default', name: 'lease', identity, clock, log: silentLog });
}

function holder(api: FakeKube): unknown {
  return api.fieldOf('Lease', 'lease', 'spec')['holderIdentity'];
}

test('the first leads, the second waits and takes over at once when the first stops', async () => {
  const [api, clock, stop] = [new FakeKube(), new TestClock(), new AbortController()];
  const [first, second] = [candidate(api, clock, 'a'), candidate(api, clock, 'b')];
  await first.acquire(stop.signal);
  const waiting = second.acquire(stop.signal);
  const kept = first.keep(stop.signal);
  await clock.advance(120_000);
  assert.deepEqual([first.leads, second.leads, holder(api)], [true, false, 'a']);
  await first.release();
  assert.equal(first.leads, false);
  await clock.advance(6_000);
  await waiting;
  assert.deepEqual([second.leads, holder(api)], [true, 'b']);
  stop.abort();
  await Promise.all([kept, settle()]);
});

test('a leader that cannot renew stops writing before another may begin', async () => {
  const [api, clock, stop] = [new FakeKube(), new TestClock(), new AbortController()];
  const [first, second] = [candidate(api, clock, 'a'), candidate(api, clock, 'b')];
  await first.acquire(stop.signal);
  const kept = first.keep(stop.signal);
  const taken = second.acquire(stop.signal).then(() => second.keep(stop.signal));
  await clock.advance(4_000);
  // Only the first is cut off: it is the one that would write its own name.
  api.faults.before = (verb) => {
    if (verb === 'replace' && holder(api) === 'a' && clock.monotonicMs() < 19_000) {
      throw new KubeError(0, 'Unreachable', 'away');
    }
  };
  let bothLead = false;
  for (let second_ = 0; second_ < 40; second_ += 1) {
    await clock.advance(1_000);
    bothLead ||= first.leads && second.leads;
  }
  assert.equal(bothLead, false);
  assert.equal(await kept, 'lost');
  assert.deepEqual([second.leads, holder(api)], [true, 'b']);
  stop.abort();
  assert.equal(await taken, 'stopped');
});

test('of two that take a free lease at the same moment one leads', async () => {
  const [api, clock, stop] = [new FakeKube(), new TestClock(), new AbortController()];
  const both = [candidate(api, clock, 'a'), candidate(api, clock, 'b')];
  const racing = both.map((one) => one.acquire(stop.signal));
  await clock.advance(1_000);
  assert.equal(both.filter(({ leads }) => leads).length, 1);
  stop.abort();
  await Promise.all(racing);
});

test('every write asks first: leadership lost in the middle of a plan ends it there', async () => {
  const api = new FakeKube();
  let leads = true;
  let writes = 0;
  const gated = new GatedApi(
    api,
    () => leads,
    () => (writes += 1),
  );
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } };
  await gated.apply(object);
  leads = false;
  const uid = api.find('ConfigMap', 'a')?.metadata.uid ?? '';
  for (const write of [
    () => gated.apply(object),
    () => gated.create(object),
    () => gated.replace(object),
    () => gated.patch(types.configMap, 'default', 'a', {}),
    () => gated.delete(types.configMap, 'default', 'a', uid),
  ]) {
    await assert.rejects(write, NotLeaderError);
  }
  assert.deepEqual([writes, api.writes.length], [1, 1]);
});
