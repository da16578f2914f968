import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { applyAfterLoss } from '../../src/meta/apply/after-loss.ts';
import { applyEvent } from '../../src/meta/apply/apply.ts';
import type { MetadataEvent } from '../../src/meta/event.ts';
import { decodeEvents, encodeEvents } from '../../src/meta/event-codec.ts';
import { ImageDraft } from '../../src/meta/image-draft.ts';
import { encodeState } from '../../src/meta/snapshot/state-codec.ts';
import { created, emptyImage, historyOf, imageOf, registered, steps, TIMELINE, topicId } from './support/history.ts';

const conflict = { code: 'METADATA_EVENT_CONFLICT' };
const hash = Buffer.alloc(32, 1);
const base: readonly MetadataEvent[] = [registered(0, 1), created('orders', topicId(1), 0, 1, 2)];

function assign(streamEpoch: number, leaderEpoch: number, start: number, end?: number): MetadataEvent {
  const previousEndOffsets = end === undefined ? [] : [end];
  const topic = { topicId: topicId(1), partitions: [0], leaderEpochs: [leaderEpoch], startOffsets: [start] };
  return { kind: 'leadershipAssigned', leader: 0, streamEpoch, topics: [{ ...topic, previousEndOffsets }] };
}

describe('applying metadata events', () => {
  test('the same log gives the same state, however it is cut into slots and encoded', () => {
    fc.assert(
      fc.property(steps(60), fc.array(fc.nat(20), { maxLength: 8 }), (walk, cuts) => {
        const events = historyOf(walk);
        const whole = encodeState(imageOf(events));
        let image = emptyImage();
        let rest = events;
        for (const cut of [...cuts, events.length]) {
          image = imageOf(decodeEvents(encodeEvents(rest.slice(0, cut)), 'slot'), image);
          rest = rest.slice(cut);
        }
        assert.deepEqual(encodeState(image), whole);
      }),
      { numRuns: 150 },
    );
  });

  test('an image that was handed out does not change when later events are applied', () => {
    fc.assert(
      fc.property(steps(40), fc.nat(40), (walk, cut) => {
        const events = historyOf(walk);
        const early = imageOf(events.slice(0, cut));
        const before = encodeState(early);
        const late = imageOf(events.slice(cut), early);
        assert.deepEqual(encodeState(early), before);
        assert.equal(late.eventCount, events.length);
      }),
      { numRuns: 100 },
    );
  });

  test('leadership intervals ascend, never overlap, and only the last is open', () => {
    fc.assert(
      fc.property(steps(80), (walk) => {
        for (const topic of imageOf(historyOf(walk)).topics()) {
          for (const { history, leaderEpoch } of topic.partitions) {
            assert.equal(history.at(-1)?.endOffset, undefined);
            assert.equal(history.at(-1)?.leaderEpoch, leaderEpoch);
            for (const [index, interval] of history.slice(0, -1).entries()) {
              assert.ok(interval.endOffset !== undefined && interval.endOffset > interval.startOffset);
              assert.ok((history[index + 1]?.startOffset ?? -1) >= interval.endOffset);
              assert.ok((history[index + 1]?.leaderEpoch ?? -1) > interval.leaderEpoch);
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a log of which any slot is lost is read to its end, and leaves a state that everything can go on from', () => {
    fc.assert(
      fc.property(steps(60), fc.nat(), fc.nat(4), (walk, at, length) => {
        const events = historyOf(walk);
        const from = at % Math.max(1, events.length);
        let draft = new ImageDraft(imageOf(events.slice(0, from)));
        for (const event of events.slice(from + 1 + length)) ({ draft } = applyAfterLoss(draft, event));
        const image = draft.freeze({ epoch: 1, slot: 1 });
        for (const { partitions } of image.topics()) {
          for (const { history, leaderEpoch } of partitions) {
            assert.equal(history.at(-1)?.leaderEpoch, leaderEpoch);
            for (const [index, interval] of history.slice(0, -1).entries()) {
              assert.ok((history[index + 1]?.startOffset ?? -1) >= (interval.endOffset ?? Number.MAX_VALUE));
            }
          }
        }
        assert.equal(
          image.partitionCount,
          [...image.topics()].reduce((sum, topic) => sum + topic.partitions.length, 0),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('hole-20 a topic that is deleted and created again is another topic', () => {
    const image = imageOf([
      ...base,
      { kind: 'topicConfigsChanged', topicId: topicId(1), changes: new Map([['max.message.bytes', '10']]) },
      { kind: 'topicDeleted', topicId: topicId(1) },
      created('orders', topicId(2), 0, 1),
    ]);
    assert.equal(image.topic('orders')?.id, topicId(2));
    assert.equal(image.topic('orders')?.configs.size, 0);
    assert.equal(image.topicById(topicId(1)), undefined);
    assert.equal(image.partitionCount, 1);
    // What is still said about the old one concerns nobody.
    const later = imageOf([{ kind: 'logStartOffsetMoved', topicId: topicId(1), partition: 0, offset: 9 }], image);
    assert.equal(later.topic('orders')?.partitions[0]?.logStartOffset, 0);
    assert.equal(later.ignoredEventCount, 1);
  });

  test('an interval that closes empty leaves no trace; one with offsets stays, whatever DeleteRecords removes', () => {
    let image = imageOf([...base, registered(0, 2), assign(2, 1, 0)]);
    assert.equal(image.topic('orders')?.partitions[0]?.history.length, 1);
    image = imageOf([registered(0, 3), assign(3, 2, 50)], image);
    assert.deepEqual(
      image.topic('orders')?.partitions[0]?.history.map(({ startOffset, endOffset }) => [startOffset, endOffset]),
      [
        [0, 50],
        [50, undefined],
      ],
    );
    image = imageOf([{ kind: 'logStartOffsetMoved', topicId: topicId(1), partition: 0, offset: 50 }], image);
    assert.equal(image.topic('orders')?.partitions[0]?.history.length, 2);
  });

  test('events that were overtaken are counted and change nothing', () => {
    const sealed: MetadataEvent = { kind: 'streamSealed', broker: 0, epoch: 1, slot: 4, hash };
    const image = imageOf([...base, registered(0, 2), sealed]);
    const stale: readonly MetadataEvent[] = [
      sealed,
      registered(0, 1),
      { kind: 'topicDeleted', topicId: topicId(9) },
      { kind: 'topicConfigsChanged', topicId: topicId(9), changes: new Map() },
      { kind: 'partitionsAdded', topicId: topicId(9), firstPartition: 4, partitions: [] },
      { kind: 'logStartOffsetMoved', topicId: topicId(1), partition: 0, offset: 0 },
      { kind: 'metadataEpochsSealed', belowEpoch: 0 },
      assign(2, 0, 0),
    ];
    const after = imageOf(stale, image);
    assert.equal(after.ignoredEventCount, stale.length);
    assert.deepEqual([...after.topics()], [...image.topics()]);
    assert.deepEqual([...after.brokers()], [...image.brokers()]);
  });

  test('a broker is live from its registration until its newest stream is sealed', () => {
    const seal = (epoch: number): MetadataEvent => ({ kind: 'streamSealed', broker: 0, epoch, slot: 4, hash });
    assert.equal(imageOf([...base, registered(0, 2), seal(1)]).broker(0)?.live, true);
    assert.equal(imageOf([...base, registered(0, 2), seal(1), seal(2)]).broker(0)?.live, false);
    // Claimed, never registered: nothing was acked in it, and it ends all the same.
    assert.equal(imageOf([...base, seal(2)]).stream({ timeline: TIMELINE, broker: 0, epoch: 2 })?.sealed?.slot, 4);
  });

  test('diskAcks is only ever raised within a stream', () => {
    const withAcks = (diskAcks: 'none' | 'disk'): MetadataEvent => ({ ...registered(0, 1), diskAcks }) as MetadataEvent;
    const image = imageOf([withAcks('none'), withAcks('disk'), withAcks('none')]);
    assert.equal(image.broker(0)?.diskAcks, 'disk');
  });

  const contradictions: readonly [string, readonly MetadataEvent[]][] = [
    ['a name taken twice', [created('orders', topicId(5), 0, 1)]],
    ['an id taken twice', [created('others', topicId(1), 0, 1)]],
    ['a topic without partitions', [created('others', topicId(5), 0, 1, 0)]],
    ['rule-09 a leader in a stream that is not registered', [created('others', topicId(5), 0, 2)]],
    ['a leader whose stream is sealed', [sealOf(1), created('others', topicId(5), 0, 1)]],
    [
      'partitions that leave a hole',
      [{ kind: 'partitionsAdded', topicId: topicId(1), firstPartition: 3, partitions: [] }],
    ],
    ['a stream sealed at two places', [sealOf(4), sealOf(5)]],
    ['a stream sealed at its claim', [sealOf(0)]],
    [
      'an end before the start of the interval',
      [registered(0, 2), assign(2, 1, 10), registered(0, 3), assign(3, 2, 10, 9)],
    ],
    ['a start before the end of the interval before', [registered(0, 2), assign(2, 1, 10, 11)]],
    ['a producer id handed out twice', [block(0), block(999)]],
    ['an event after the end', [{ kind: 'timelineEnded', child: undefined }, registered(0, 2)]],
  ];

  function sealOf(slot: number): MetadataEvent {
    return { kind: 'streamSealed', broker: 0, epoch: 1, slot, hash };
  }
  function block(firstProducerId: number): MetadataEvent {
    return { kind: 'producerIdBlockAllocated', broker: 0, firstProducerId, count: 1000 };
  }

  for (const [what, events] of contradictions) {
    test(`refuses ${what}`, () => {
      const image = imageOf([...base, ...events.slice(0, -1)]);
      const draft = new ImageDraft(image);
      assert.throws(() => applyEvent(draft, events.at(-1)!), conflict);
    });
  }

  test('10,000 partitions change their leader in one event without copying the topic for each', () => {
    const count = 10_000;
    const image = imageOf([registered(0, 1), created('big', topicId(1), 0, 1, count), registered(0, 2)]);
    const partitions = Array.from({ length: count }, (_, index) => index);
    const event: MetadataEvent = {
      kind: 'leadershipAssigned',
      leader: 0,
      streamEpoch: 2,
      topics: [
        {
          topicId: topicId(1),
          partitions,
          leaderEpochs: partitions.map(() => 1),
          startOffsets: partitions.map((index) => index * 1000),
          previousEndOffsets: [],
        },
      ],
    };
    const bytes = encodeEvents([event]);
    assert.ok(bytes.length < 8 * count, `${bytes.length} bytes`);
    const after = imageOf(decodeEvents(bytes, 'slot'), image);
    assert.equal(after.topicById(topicId(1))?.partitions[9999]?.history.at(-1)?.startOffset, 9_999_000);
    assert.equal(image.topicById(topicId(1))?.partitions[9999]?.leaderEpoch, 0);
  });
});
