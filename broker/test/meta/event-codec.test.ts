import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { chronik } from '../../src/proto/index.ts';
import type { MetadataEvent } from '../../src/meta/event.ts';
import { decodeEvents, encodeEvents } from '../../src/meta/event-codec.ts';
import { created, historyOf, registered, steps, topicId } from './support/history.ts';

const tooNew = { code: 'METADATA_FORMAT_TOO_NEW' };
type DiskAcks = chronik.meta.DiskAcks;
const corrupt = { code: 'METADATA_CORRUPT' };

/** Field number 99, as a later version may write it. */
const laterField = Buffer.from([0x98, 0x06, 0x01]);

describe('metadata events on the wire', () => {
  test('decode to what was encoded, also when encodings are concatenated', () => {
    fc.assert(
      fc.property(steps(50), fc.nat(50), (walk, cut) => {
        const events = historyOf(walk);
        const bytes = Buffer.concat([encodeEvents(events.slice(0, cut)), encodeEvents(events.slice(cut))]);
        assert.deepEqual(decodeEvents(bytes, 'slot'), events);
      }),
      { numRuns: 150 },
    );
  });

  test('values at the edges survive: no child, a removed and an empty config, the default of all brokers', () => {
    const events: readonly MetadataEvent[] = [
      { kind: 'timelineEnded', child: undefined },
      { kind: 'timelineEnded', child: '0000000002-0a1b2c3d' },
      {
        kind: 'brokerConfigsChanged',
        broker: undefined,
        changes: new Map([
          ['a', undefined],
          ['b', ''],
        ]),
      },
      { kind: 'brokerConfigsChanged', broker: 0, changes: new Map() },
      { kind: 'logStartOffsetMoved', topicId: topicId(1), partition: 0, offset: Number.MAX_SAFE_INTEGER },
    ];
    assert.deepEqual(decodeEvents(encodeEvents(events), 'slot'), events);
  });

  test('an event of a kind that is not known is refused', () => {
    const bytes = Buffer.concat([encodeEvents([registered(0, 1)]), Buffer.from([0x0a, laterField.length]), laterField]);
    assert.throws(() => decodeEvents(bytes, 'slot 7'), tooNew);
  });

  test('a field that is not known is refused, at every depth', () => {
    const wire = chronik.meta;
    const assignment = wire.PartitionAssignment.encode({ replicas: [0], leader: 0, streamEpoch: 1 }).finish();
    const nested = Buffer.concat([assignment, laterField]);
    const topic = Buffer.concat([
      wire.TopicCreated.encode({ name: 'orders', topicId: Buffer.alloc(16) }).finish(),
      Buffer.from([0x1a, nested.length]),
      nested,
    ]);
    const event = Buffer.concat([Buffer.from([0x0a, topic.length]), topic]);
    const bytes = Buffer.concat([Buffer.from([0x0a, event.length]), event]);
    assert.throws(() => decodeEvents(bytes, 'slot 7'), tooNew);
    assert.throws(() => decodeEvents(laterField, 'slot 7'), tooNew);
  });

  test('a value of disk_acks that is not known is refused', () => {
    const bytes = chronik.meta.MetadataEvents.encode({
      events: [{ brokerRegistered: { broker: 0, streamEpoch: 1, diskAcks: 9 as DiskAcks } }],
    }).finish();
    assert.throws(() => decodeEvents(bytes, 'slot 7'), tooNew);
  });

  test('bytes that are no events, lists of unequal length and short ids are corruption', () => {
    assert.throws(() => decodeEvents(encodeEvents([created('t', topicId(1), 0, 1)]).subarray(0, 9), 'slot'), corrupt);
    const unequal = { topicId: Buffer.alloc(16), partitions: [1, 2], leaderEpochs: [1], startOffsets: [0, 0] };
    const leadership = chronik.meta.MetadataEvents.encode({ events: [{ leadershipAssigned: { topics: [unequal] } }] });
    assert.throws(() => decodeEvents(leadership.finish(), 'slot'), corrupt);
    const short = chronik.meta.MetadataEvents.encode({ events: [{ topicDeleted: { topicId: Buffer.alloc(5) } }] });
    assert.throws(() => decodeEvents(short.finish(), 'slot'), corrupt);
  });

  test('an offset that is no safe integer never reaches the bucket', () => {
    const event: MetadataEvent = { kind: 'logStartOffsetMoved', topicId: topicId(1), partition: 0, offset: 2 ** 53 };
    assert.throws(() => encodeEvents([event]), RangeError);
  });
});
