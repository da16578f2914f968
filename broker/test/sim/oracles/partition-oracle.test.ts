import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchCrc, decodeBatches, encodeBatch } from '../../support/batches.ts';
import type { DecodedBatch } from '../../support/batches.ts';
import { PartitionHistory } from '../partition-history.ts';
import type { Acks, SentBatch } from '../partition-history.ts';
import { Violation } from '../violation.ts';
import { checkPartition } from './partition-oracle.ts';
import type { MayBeLost } from './partition-oracle.ts';

interface Made {
  readonly bytes: Buffer;
  readonly sent: SentBatch;
}

function make(number: number, acks: Acks = -1, idempotent = false): Made {
  const value = Buffer.from(`value ${number} ${acks} ${idempotent}`);
  const bytes = encodeBatch({ records: [{ key: null, value }], timestampMs: 1 });
  const sent: SentBatch = {
    producer: 'p',
    number,
    crc: batchCrc(bytes),
    recordCount: 1,
    acks,
    idempotent,
    state: 'sent',
    baseOffset: undefined,
    ackedAtMs: 0,
    ackedBy: '',
  };
  return { bytes, sent };
}

function logOf(...made: readonly Made[]): DecodedBatch[] {
  return made.map(({ bytes }, offset) => {
    const copy = Buffer.from(bytes);
    copy.writeBigInt64BE(BigInt(offset), 0);
    return decodeBatches(copy)[0] as DecodedBatch;
  });
}

function historyOf(...made: readonly Made[]): PartitionHistory {
  const history = new PartitionHistory('t-0');
  for (const { sent } of made) history.send(sent);
  return history;
}

const never = (): boolean => false;

/** Of a partition from which nothing was deleted. */
function checkWhole(history: PartitionHistory, batches: readonly DecodedBatch[], mayBeLost: MayBeLost): void {
  checkPartition(history, { logStartOffset: 0, batches }, mayBeLost);
}

function violates(oracle: string, check: () => void): void {
  assert.throws(check, (error) => error instanceof Violation && error.oracle === oracle);
}

test('a log that holds all that was acked is fine, with or without what was not', () => {
  const [a, b] = [make(0), make(1)];
  const history = historyOf(a, b);
  history.ack(a.sent, 0, 1, 'broker');
  checkWhole(history, logOf(a), never);
  checkWhole(history, logOf(a, b), never);
});

test('an acked batch that is missing, or lies elsewhere, is found', () => {
  const [a, b] = [make(0), make(1)];
  const history = historyOf(a, b);
  history.ack(a.sent, 1, 1, 'broker');
  violates('acked ⊆ readable', () => checkWhole(history, [], never));
  violates('acked ⊆ readable', () => checkWhole(history, logOf(a, b), never));
  checkWhole(history, logOf(b, a), never);
});

test('an acks=1 batch may be missing only when its disk was lost', () => {
  const a = make(0, 1);
  const history = historyOf(a);
  history.ack(a.sent, 0, 1, 'broker');
  violates('acked ⊆ readable', () => checkWhole(history, [], never));
  checkWhole(history, [], () => true);
});

test('what was read once must stay', () => {
  const [a, b] = [make(0), make(1)];
  const history = historyOf(a, b);
  for (const batch of logOf(a, b)) history.see(batch, 'reader');
  violates('nothing visible is lost', () => checkWhole(history, logOf(a), never));
  violates('nothing visible is lost', () => checkWhole(history, logOf(b, a), never));
});

test('a high watermark that was shown stays reached', () => {
  const a = make(0);
  const history = historyOf(a);
  history.showHighWatermark(2);
  violates('nothing visible is lost', () => checkWhole(history, logOf(a), never));
});

test('duplicates and disorder of an idempotent producer are found', () => {
  const [a, b] = [make(0, -1, true), make(1, -1, true)];
  violates('no duplicates', () => checkWhole(historyOf(a, b), logOf(a, b, a), never));
  violates('order', () => checkWhole(historyOf(a, b), logOf(b, a), never));
  const plain = make(2);
  checkWhole(historyOf(plain), logOf(plain, plain), never);
});

test('a hole, a damaged batch and an invented one are found', () => {
  const [a, b] = [make(0), make(1)];
  violates('dense offsets', () => checkWhole(historyOf(a, b), logOf(a, b).slice(1), never));
  violates('nothing invented', () => checkWhole(historyOf(a), logOf(a, b), never));
  const damaged = Buffer.from((logOf(a)[0] as DecodedBatch).bytes);
  damaged[damaged.length - 1]! ^= 1;
  violates('intact bytes', () => checkWhole(historyOf(a), decodeBatches(damaged), never));
});

test('two answers that name one offset, and a batch that changes between two readings, are found at once', () => {
  const [a, b] = [make(0), make(1)];
  const history = historyOf(a, b);
  history.ack(a.sent, 0, 1, 'broker');
  violates('one history', () => history.ack(b.sent, 0, 1, 'broker'));
  violates('one history', () => history.see(logOf(b)[0] as DecodedBatch, 'reader'));
  const other = historyOf(a, b);
  other.see(logOf(a)[0] as DecodedBatch, 'reader');
  violates('nothing visible changes', () => other.see(logOf(b)[0] as DecodedBatch, 'reader'));
});

test('what was deleted may be gone and nothing else: neither more, nor less, nor is a batch there again behind it', () => {
  const [a, b] = [make(0, -1, true), make(1, -1, true)];
  const history = historyOf(a, b);
  history.ack(a.sent, 0, 1, 'broker');
  history.ack(b.sent, 1, 1, 'broker');
  const rest = { logStartOffset: 1, batches: logOf(a, b).slice(1) };
  violates('deletions are kept', () => checkPartition(history, rest, never));
  history.askDeletion(1);
  checkPartition(history, rest, never);
  checkWhole(history, logOf(a, b), never);
  history.ackDeletion(1);
  checkPartition(history, rest, never);
  violates('deletions are kept', () => checkWhole(history, logOf(a, b), never));
  violates('acked ⊆ readable', () => checkPartition(history, { logStartOffset: 1, batches: [] }, never));
  const again = logOf(a, b, a).slice(1);
  violates('acked ⊆ readable', () => checkPartition(history, { logStartOffset: 1, batches: again }, never));
});
