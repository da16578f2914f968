import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotKey } from '../../src/log/index.ts';
import { Model } from './model.ts';
import { SlotLogHistory } from './slot-log/history.ts';
import type { FinalView } from './slot-log/history.ts';
import { Violation } from './violation.ts';

function violates(oracle: string, check: () => void): void {
  assert.throws(check, (error) => error instanceof Violation && error.oracle === oracle);
}

test('a committed offset that falls back is found, unless a late commit may have arrived', () => {
  const commits = new Model().commits('group', 'topic', 0);
  const first = commits.begin(5);
  commits.ack(first);
  commits.ack(commits.begin(9));
  commits.fetched(9, 9, 'reader');
  violates('committed offsets are kept', () => commits.fetched(5, 9, 'reader'));
  violates('committed offsets are kept', () => commits.fetched(-1, 9, 'reader'));
  violates('nothing invented', () => commits.fetched(11, 9, 'reader'));
  commits.begin(7);
  commits.fetched(7, 9, 'reader');
});

test('a topic id that changes, and one that comes back with a new topic, are found', () => {
  const model = new Model();
  const topic = model.createTopic('topic', 1);
  model.showTopicId(topic, 'first', 'reader');
  violates('topic ids are kept', () => model.showTopicId(topic, 'second', 'reader'));
  const again = model.createTopic('topic', 1);
  violates('a topic created again is another one', () => model.showTopicId(again, 'first', 'reader'));
});

test('a producer id that two producers have is found', () => {
  const model = new Model();
  model.showProducerId(1, 0, 'a');
  model.showProducerId(1, 0, 'a');
  violates('producer ids are unique', () => model.showProducerId(1, 0, 'b'));
});

const STREAM = { log: 'data', timeline: '0000000001-0a1b2c3d', broker: 0, epoch: 1 } as const;
const LAST = { slot: 1, hash: Buffer.alloc(32) };

function view(...payloads: readonly string[]): FinalView {
  const slots = payloads.map((payload, slot) => ({ slot, hash: `hash ${slot} ${payload}`, payloads: [payload] }));
  return { sealedAt: payloads.length, slots };
}

test('slot log: an ack without its prefix, beyond the seal, or missing in the sealed log is found', () => {
  const present = new Set([slotKey(STREAM, 0), slotKey(STREAM, 1)]);
  const history = new SlotLogHistory((key) => present.has(key));
  history.ack(STREAM, 1, ['one']);
  violates('prefix', () => history.ack(STREAM, 3, ['three']));
  history.sealed(STREAM, view('claim', 'one'), LAST, 'sealer');
  present.add(slotKey(STREAM, 2));
  violates('no ack beyond a seal', () => history.ack(STREAM, 2, ['two']));
  const other = new SlotLogHistory(() => true);
  other.ack(STREAM, 1, ['one']);
  violates('acked ⊆ readable', () => other.sealed(STREAM, view('claim', 'else'), LAST, 'sealer'));
});

test('slot log: sealers that disagree, two contents of one slot, and a proof after the seal are found', () => {
  const history = new SlotLogHistory(() => true);
  history.sealed(STREAM, view('claim', 'one'), LAST, 'sealer');
  violates('sealers agree', () => history.sealed(STREAM, view('claim'), { ...LAST, slot: 0 }, 'other'));
  violates('one history per slot', () => history.sealed(STREAM, view('claim', 'else'), LAST, 'other'));
  violates('proof of openness', () => history.proofSucceeded(STREAM, history.isSealed(STREAM)));
});

test('slot log: a writer that is fenced while nobody sealed is found', () => {
  const history = new SlotLogHistory(() => true);
  violates('no needless fencing', () => history.fenced(STREAM));
  history.sealBegins(STREAM);
  history.fenced(STREAM);
});
