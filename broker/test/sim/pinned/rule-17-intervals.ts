import assert from 'node:assert/strict';
import { crc32c } from '@node-rs/crc32';
import { DataStream, walkStream } from '../../../src/log/index.ts';
import type { BatchBytes, FooterEntry, StreamId } from '../../../src/log/index.ts';
import { TOPIC_ID, batchOf, harness, partitionView, topicView } from '../../partition/harness.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { settleFailure } from '../settle.ts';
import { Latch, LogBench } from './log-bench.ts';
import type { Actor } from './log-bench.ts';

/** A leader's last word is on its way when the stream is sealed below it: it does not count, and nobody is told that it does. */
async function aCloseInFlightDoesNotCount(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 17 close', options);
  const held = new Latch();
  const actor = bench.actor('leader', {
    before: (operation, key) => (operation === 'create' && key.endsWith('01.wal') ? held.promise : undefined),
  });
  const writer = await bench.claim(actor);
  const stream = new DataStream(actor.context, writer, { lingerMs: 0, targetBytes: 1_000_000 });
  let toldAt: number | undefined;
  const closing = stream
    .appendClose({ topicId: TOPIC_ID, partition: 0, leaderEpoch: 0, endOffset: 5, hlc: actor.context.hlc.now() })
    .then((slot) => {
      toldAt = slot;
      throw new Error(`the close was told to count in slot ${slot}`);
    });
  await bench.pass(1_000);
  const sealed = await bench.seal(bench.actor('successor'), writer.stream);
  assert.equal(sealed.sealedAt, 1);
  held.open();
  const failure = await settleFailure(bench.world.scheduler, closing);
  assert.equal(toldAt, undefined, String(failure));
  assert.deepEqual(
    sealed.slots.flatMap(({ entries }) => entries),
    [],
  );
}

interface Written {
  readonly from: number;
  readonly leaderEpoch: number;
}

/** One slot of a batch of five records each. */
async function write(bench: LogBench, actor: Actor, written: readonly Written[]): Promise<StreamId> {
  const writer = await bench.claim(actor);
  for (const { from, leaderEpoch } of written) {
    const bytes = batchOf(5);
    const batch: BatchBytes = {
      topicId: TOPIC_ID,
      partition: 0,
      baseOffset: from,
      lastOffset: from + 4,
      leaderEpoch,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      recordCount: 5,
      attributes: 0,
      baseTimestamp: 0,
      maxTimestamp: 0,
      hlc: actor.context.hlc.now(),
      bytes,
      bytesCrc: crc32c(bytes),
    };
    await bench.settle(writer.append({ kind: 'batches', batches: [batch], closes: [] }));
  }
  return writer.stream;
}

/**
 * Leadership went from A to B and back to A, in A's one stream, and A went on writing for a while after it had handed over: each
 * stretch of offsets counts in the stream that led then, and nowhere else, in whatever order the streams are read.
 */
async function eachStretchCountsInItsLeadersStream(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 17 intervals', options);
  const a = bench.actor('a', {}, 0);
  const b = bench.actor('b', {}, 1);
  const ofA = await write(bench, a, [
    { from: 0, leaderEpoch: 0 },
    // Behind its close.
    { from: 5, leaderEpoch: 0 },
    { from: 10, leaderEpoch: 2 },
  ]);
  const ofB = await write(bench, b, [{ from: 5, leaderEpoch: 1 }]);
  const name = ({ timeline, broker, epoch }: StreamId) => ({ timeline, broker, epoch });
  const history = [
    { leaderEpoch: 0, stream: name(ofA), startOffset: 0, endOffset: 5 },
    { leaderEpoch: 1, stream: name(ofB), startOffset: 5, endOffset: 10 },
    { leaderEpoch: 2, stream: name(ofA), startOffset: 10, endOffset: undefined },
  ];
  for (const order of [
    [ofA, ofB],
    [ofB, ofA],
  ]) {
    const { manager } = harness();
    manager.sync(topicView(partitionView({ leaderEpoch: 2, history })));
    const reader = bench.actor('reader');
    for (const stream of order) {
      const load = (slot: number, entries: readonly FooterEntry[]): void => {
        for (const entry of entries) {
          if (entry.kind !== 'batch') continue;
          const { position, length } = entry;
          manager.loadBatch(entry, { stream, slot, position, length });
        }
      };
      await bench.settle(
        walkStream(reader.context, stream, { depth: 'tails', visit: ({ slot, entries }) => load(slot, entries) }),
      );
    }
    const { anomalies } = manager.finishLoading();
    assert.deepEqual(anomalies.get('orders-0'), { lost: [], ignoredBatches: 1 });
    assert.equal(manager.topic('orders')?.logs[0]?.highWatermark, 15);
  }
}

export const rule17: readonly PinnedScenario[] = [
  { name: 'rule-17 close: a close counts once its slot is committed', run: aCloseInFlightDoesNotCount },
  {
    name: 'rule-17 intervals: batches outside the interval of their leader are ignored',
    run: eachStretchCountsInItsLeadersStream,
  },
];
