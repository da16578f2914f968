import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess } from '../../src/plan/assessment.ts';
import { parseReport } from '../../src/plan/index.ts';
import type { Pod } from '../../src/plan/index.ts';

const REFUSAL = [
  '{"level":"info","message":"Starting"}',
  'chronik: the bucket belongs to lineage A, but this volume belongs to lineage B',
  '  code:   LINEAGE_MISMATCH',
  '  remedy: Use another bucket or prefix.',
  '',
].join('\n');

function pod(state: object, more: object = {}, lastState?: object): Pod {
  const container = { name: 'broker', restartCount: 1, state, ...(lastState === undefined ? {} : { lastState }) };
  const status = { phase: 'Running', podIP: '10.0.0.1', containerStatuses: [container], ...more };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'orders-0' }, spec: {}, status };
}

test('a refusal is read from what the process left behind: code, words and remedy', () => {
  const terminated = { exitCode: 1, reason: 'Error', message: REFUSAL };
  const expected = {
    kind: 'crashing',
    code: 'LINEAGE_MISMATCH',
    message: 'the bucket belongs to lineage A, but this volume belongs to lineage B. Use another bucket or prefix.',
  };
  assert.deepEqual(assess(pod({ terminated }), undefined), expected);
  const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 40s' };
  assert.deepEqual(assess(pod({ waiting }, {}, { terminated }), undefined), expected);
});

test('a process that says nothing is told by how it ended', () => {
  const oom = { exitCode: 137, reason: 'OOMKilled' };
  const found = assess(pod({ terminated: oom }), undefined);
  assert.deepEqual(found, {
    kind: 'crashing',
    code: undefined,
    message: 'the broker ended: was killed for lack of memory',
  });
});

test('a broker that runs again after a crash is not crashing', () => {
  const terminated = { exitCode: 1, message: REFUSAL };
  assert.equal(assess(pod({ running: {} }, {}, { terminated }), undefined).kind, 'silent');
});

test('a missing key of a Secret is told in the words of the kubelet', () => {
  const message = "couldn't find key secretAccessKey in Secret default/bucket";
  const waiting = { reason: 'CreateContainerConfigError', message };
  assert.deepEqual(assess(pod({ waiting }), undefined), {
    kind: 'blocked',
    reason: 'ConfigurationInvalid',
    message: `CreateContainerConfigError: ${message}`,
  });
});

test('a pod that no node takes is told with the reason of the scheduler', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }];
  const found = assess(pod({}, { phase: 'Pending', conditions, containerStatuses: [] }), undefined);
  assert.deepEqual(found, { kind: 'blocked', reason: 'Unschedulable', message: '0/3 nodes are available' });
});

test('a broker that does not answer counts as serving only if its readiness probe is content', () => {
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  assert.deepEqual(assess(pod({ running: {} }, ready), undefined), { kind: 'silent', ready: true });
  assert.deepEqual(assess(pod({ running: {} }), undefined), { kind: 'silent', ready: false });
});

test('a broker that serves counts once Kubernetes sends clients to it', () => {
  const report = parseReport({ state: 'serving', version: '1' });
  assert.equal(assess(pod({ running: {} }), report).kind, 'starting');
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  assert.equal(assess(pod({ running: {} }, ready), report).kind, 'serving');
});

test('a report is read field by field; what is no report of a broker is none', () => {
  for (const other of [undefined, null, 7, 'x', [], {}, { state: 'dancing', version: '1' }, { state: 'serving' }]) {
    assert.equal(parseReport(other), undefined);
  }
  const odd = parseReport({
    state: 'restoring',
    version: '1',
    restore: { phase: 'walk', done: -1 },
    lineage: 5,
    new: 1,
  });
  assert.deepEqual(odd, { state: 'restoring', version: '1' });
  const whole = parseReport({ state: 'holding', version: '1', held: { code: 'X', message: 'm', remedy: 'r' } });
  assert.deepEqual(whole?.held, { code: 'X', message: 'm', remedy: 'r' });
});
