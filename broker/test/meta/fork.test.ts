import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { forkImage } from '../../src/meta/fork.ts';
import type { FrozenImage } from '../../src/meta/frozen-image.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/meta/snapshot/snapshot-file.ts';
import { encodeState } from '../../src/meta/snapshot/state-codec.ts';
import { TIMELINE, created, historyOf, imageOf, registered, steps, topicId } from './support/history.ts';

const CHILD = '0000000002-00ff00ff';
const context = {
  slotHash: Buffer.alloc(32, 5),
  hlc: { ms: 1, counter: 0 },
  previousSnapshotHash: Buffer.alloc(0),
};

/** Forks where every open stream holds slots up to 7. */
function fork(parent: FrozenImage, without?: number): FrozenImage {
  const streams = [...parent.streams()]
    .filter(({ sealed, broker }) => sealed === undefined && broker !== without)
    .map(({ timeline, broker, epoch }) => ({ timeline, broker, epoch, through: 7, hash: Buffer.alloc(32, broker) }));
  return forkImage(parent, {
    timeline: CHILD,
    cut: { metadata: parent.position, hlc: { ms: 1, counter: 0 }, streams },
  });
}

describe('a forked timeline', () => {
  test('begins with all that its parent had, and nothing in it goes on by itself', () => {
    fc.assert(
      fc.property(steps(60), (walk) => {
        const parent = imageOf(historyOf(walk));
        const child = fork(parent);
        assert.equal(child.timeline, CHILD);
        assert.equal(child.isSettled, false);
        assert.ok([...child.brokers()].every(({ live }) => !live));
        assert.ok([...child.streams()].every(({ timeline, sealed }) => timeline === TIMELINE && sealed !== undefined));
        assert.deepEqual(
          [...child.topics()].map(({ name, id, configs }) => ({ name, id, configs })),
          [...parent.topics()].map(({ name, id, configs }) => ({ name, id, configs })),
        );
      }),
    );
  });

  test('rule-21: leaves out the producer ids and leader epochs that its parent may have given beyond the cut', () => {
    const parent = imageOf([registered(0, 1), created('orders', topicId(1), 0, 1, 2)]);
    const child = fork(parent);
    assert.ok(child.nextProducerId >= parent.nextProducerId + 1000);
    assert.ok(child.topic('orders')!.partitions[0]!.leaderEpoch > 100);
    assert.deepEqual(child.topic('orders')!.partitions[0]!.history, parent.topic('orders')!.partitions[0]!.history);
  });

  test('a stream of which the cut holds nothing is no part of it', () => {
    const parent = imageOf([registered(0, 1), registered(1, 1)]);
    assert.equal(fork(parent, 1).stream({ timeline: TIMELINE, broker: 1, epoch: 1 }), undefined);
    assert.equal(fork(parent, 1).stream({ timeline: TIMELINE, broker: 0, epoch: 1 })?.sealed?.slot, 8);
  });

  test('names streams of both timelines, and a snapshot of it holds them all', () => {
    fc.assert(
      fc.property(steps(40), (walk) => {
        const base = fork(imageOf(historyOf(walk)));
        const epoch = 1 + (base.broker(0)?.streamEpoch ?? 0);
        const topics = [...base.topics()].map(({ id, partitions }) => ({
          topicId: id,
          partitions: partitions.map(({ index }) => index),
          leaderEpochs: partitions.map(({ leaderEpoch }) => leaderEpoch + 1),
          startOffsets: partitions.map(({ history }) => (history.at(-1)?.startOffset ?? 0) + 3),
          previousEndOffsets: [],
        }));
        const child = imageOf(
          [registered(0, epoch), { kind: 'leadershipAssigned', leader: 0, streamEpoch: epoch, topics }],
          base,
          2,
        );
        for (const { partitions } of child.topics()) {
          for (const { history } of partitions) {
            assert.deepEqual(history.at(-1)?.stream, { timeline: CHILD, broker: 0, epoch });
          }
        }
        const decoded = decodeSnapshot(encodeSnapshot(child, context).bytes, 'key').image;
        assert.deepEqual(encodeState(decoded), encodeState(child));
        assert.deepEqual(new Set(decoded.streams()), new Set(child.streams()));
        assert.deepEqual(
          new Map([...decoded.topics()].map((topic) => [topic.id, topic.partitions])),
          new Map([...child.topics()].map((topic) => [topic.id, topic.partitions])),
        );
        assert.deepEqual(
          new Map([...decoded.brokers()].map((broker) => [broker.id, broker])),
          new Map([...child.brokers()].map((broker) => [broker.id, broker])),
        );
        assert.equal(decoded.isSettled, false);
        assert.equal(imageOf([{ kind: 'forkSettled' }], decoded).isSettled, true);
      }),
    );
  });
});
