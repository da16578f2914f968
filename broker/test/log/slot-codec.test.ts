import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { CorruptSlotError, FormatTooNewError } from '../../src/log/index.ts';
import type { BatchBytes, CloseMeta, SlotContent, SlotHeader, SlotPart } from '../../src/log/index.ts';
import { decodeSlot, encodeSlot, tailStart } from '../../src/log/slot-codec.ts';
import { TRAILER_BYTES, peekSlotHash } from '../../src/log/slot-trailer.ts';
import { chronik } from '../../src/proto/index.ts';
import { LINEAGE, TIMELINE, TOPIC_ID } from './support.ts';

const safeInteger = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 31, 2 ** 32, 2 ** 53 - 1));
const uint32 = fc.oneof(fc.nat(1000), fc.constantFrom(0, 2 ** 31 - 1, 2 ** 32 - 1));
/** As fc.record, with plain objects, so that deepEqual compares prototypes too. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

const hlc = record({ ms: fc.nat({ max: 2 ** 48 - 1 }), counter: fc.nat(0xffff) });
const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value) => Buffer.from(value));
const topicId = fc.oneof(
  fc.constant(TOPIC_ID),
  bytes(16).map((id) => id.toString('base64url')),
);

const part: fc.Arbitrary<SlotPart> = fc.oneof(
  fc.constant({ kind: 'data' as const }),
  record({
    kind: fc.constant('claim' as const),
    window: fc.integer({ min: 1, max: 100 }),
    address: fc.string(),
    installation: fc.string(),
    heartbeatMs: uint32,
  }),
  record({ kind: fc.constant('seal' as const), sealedBy: uint32, metadataEpoch: uint32, clean: fc.boolean() }),
  record({ kind: fc.constant('lost' as const), reason: fc.string(), markedBy: uint32, metadataEpoch: uint32 }),
);

const header: fc.Arbitrary<SlotHeader> = record({
  log: fc.constantFrom('metadata' as const, 'data' as const),
  lineage: fc.constant(LINEAGE),
  timeline: fc.constant(TIMELINE),
  broker: uint32,
  epoch: uint32,
  slot: safeInteger,
  writeId: bytes(16),
  previousHash: fc.option(bytes(32), { nil: undefined }),
  firstHlc: hlc,
  lastHlc: hlc,
  committedThrough: fc.oneof(fc.constant(-1), safeInteger),
  part,
});

const batch: fc.Arbitrary<BatchBytes> = record({
  topicId,
  partition: uint32,
  baseOffset: fc.nat(),
  count: fc.nat(1000),
  leaderEpoch: fc.nat(),
  producerId: fc.oneof(fc.constant(-1), safeInteger),
  producerEpoch: fc.integer({ min: -1, max: 32767 }),
  baseSequence: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  recordCount: fc.nat(),
  attributes: fc.integer({ min: -32768, max: 32767 }),
  baseTimestamp: fc.integer({ min: -1 }),
  maxTimestamp: fc.integer({ min: -1 }),
  hlc,
  bytes: fc.uint8Array({ maxLength: 100 }).map((value) => Buffer.from(value)),
  control: fc.option(record({ type: fc.nat(1), coordinatorEpoch: fc.integer({ min: -1, max: 100 }) })),
}).map(({ count, control, ...rest }) => ({
  ...rest,
  bytesCrc: crc32c(rest.bytes),
  lastOffset: rest.baseOffset + count,
  ...(control === null ? {} : { control }),
}));

const close: fc.Arbitrary<CloseMeta> = record({
  topicId,
  partition: uint32,
  leaderEpoch: fc.nat(),
  endOffset: safeInteger,
  hlc,
});

const content: fc.Arbitrary<SlotContent | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant({ kind: 'heartbeat' as const }),
  record({
    kind: fc.constant('batches' as const),
    batches: fc.array(batch, { maxLength: 8 }),
    closes: fc.array(close, { maxLength: 3 }),
  }),
  record({
    kind: fc.constant('events' as const),
    body: fc.uint8Array({ maxLength: 100 }).map((value) => Buffer.from(value)),
    count: uint32,
  }),
);

function expectedEntries(value: SlotContent | undefined): unknown[] {
  if (value?.kind !== 'batches') return [];
  let position = 0;
  const batches = value.batches.map(({ bytes: raw, bytesCrc, ...meta }) => {
    assert.equal(bytesCrc, crc32c(raw));
    const entry = { kind: 'batch', ...meta, position, length: raw.length };
    position += raw.length;
    return entry;
  });
  return [...batches, ...value.closes.map((one) => ({ kind: 'close', ...one }))];
}

test('a slot is read back as it was written, from the whole object and from its tail', () => {
  fc.assert(
    fc.property(header, content, (head, value) => {
      const encoded = encodeSlot(head, value);
      const object = Buffer.concat(encoded.parts);
      assert.equal(object.length, encoded.sizeBytes);
      const start = tailStart('key', object.subarray(-TRAILER_BYTES), object.length);
      const whole = decodeSlot('key', object, object.length);
      const tail = decodeSlot('key', object.subarray(start), object.length);
      for (const read of [whole, tail]) {
        assert.deepEqual(read.header, head);
        assert.deepEqual(read.entries, expectedEntries(value));
        assert.equal(read.eventCount, value?.kind === 'events' ? value.count : 0);
        assert(read.hash.equals(encoded.hash));
      }
      assert(peekSlotHash(object)?.equals(encoded.hash));
      assert(whole.body?.equals(object.subarray(0, start)));
    }),
  );
});

const SAMPLE_HEADER: SlotHeader = {
  log: 'data',
  lineage: LINEAGE,
  timeline: TIMELINE,
  broker: 1,
  epoch: 2,
  slot: 3,
  writeId: Buffer.alloc(16, 7),
  previousHash: Buffer.alloc(32, 8),
  firstHlc: { ms: 1_700_000_000_000, counter: 1 },
  lastHlc: { ms: 1_700_000_000_000, counter: 2 },
  committedThrough: 2,
  part: { kind: 'data' },
};

function sampleBatch(text: string, position: number): BatchBytes {
  const raw = Buffer.from(text);
  return {
    topicId: TOPIC_ID,
    partition: position,
    baseOffset: 10 * position,
    lastOffset: 10 * position + 4,
    leaderEpoch: 1,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordCount: 5,
    attributes: 0,
    baseTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_004,
    hlc: { ms: 1_700_000_000_000, counter: position + 1 },
    bytes: raw,
    bytesCrc: crc32c(raw),
  };
}

function sample(): Buffer {
  const batches = [sampleBatch('first batch', 0), sampleBatch('second batch', 1)];
  return Buffer.concat(encodeSlot(SAMPLE_HEADER, { kind: 'batches', batches, closes: [] }).parts);
}

test('a single flipped bit anywhere in a slot is detected', () => {
  const object = sample();
  for (let bit = 0; bit < object.length * 8; bit += 1) {
    const flipped = Buffer.from(object);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => decodeSlot('key', flipped, flipped.length), CorruptSlotError, `bit ${bit}`);
  }
});

test('hole-12 a slot that was cut off at any byte, or has bytes behind it, is detected', () => {
  const object = sample();
  for (let length = 0; length < object.length; length += 1) {
    const cut = object.subarray(0, length);
    assert.throws(() => decodeSlot('key', cut, cut.length), CorruptSlotError, `cut to ${length}`);
    assert.throws(() => decodeSlot('key', object.subarray(length + 1), object.length - length - 1), CorruptSlotError);
  }
  const longer = Buffer.concat([object, Buffer.alloc(1)]);
  assert.throws(() => decodeSlot('key', longer, longer.length), CorruptSlotError);
});

test('two slots that differ only in their write id have different hashes', () => {
  const one = encodeSlot(SAMPLE_HEADER, { kind: 'heartbeat' });
  const other = encodeSlot({ ...SAMPLE_HEADER, writeId: Buffer.alloc(16, 9) }, { kind: 'heartbeat' });
  assert(!one.hash.equals(other.hash));
});

test('the slot hash covers the body', () => {
  const one = encodeSlot(SAMPLE_HEADER, { kind: 'events', body: Buffer.from('a'), count: 1 });
  const other = encodeSlot(SAMPLE_HEADER, { kind: 'events', body: Buffer.from('b'), count: 1 });
  assert(!one.hash.equals(other.hash));
});

/** Changes bytes of a slot and makes its checksums right again, as a later release would write it. */
function rewritten(change: (head: chronik.slot.SlotHeader) => void): Buffer {
  const object = sample();
  const trailer = object.subarray(-TRAILER_BYTES);
  const [headerAt, headerLength, footerAt, footerLength] = [12, 16, 20, 24].map((at) => trailer.readUInt32LE(at));
  const message = chronik.slot.SlotHeader.decode(object.subarray(headerAt, headerAt! + headerLength!));
  change(message);
  const head = Buffer.from(chronik.slot.SlotHeader.encode(message).finish());
  const footer = object.subarray(footerAt, footerAt! + footerLength!);
  const end = Buffer.from(trailer);
  end.writeUInt32LE(head.length, 16);
  end.writeUInt32LE(headerAt! + head.length, 20);
  end.writeUInt32LE(crc32c(head), 32);
  const sums = end.subarray(28, 40);
  createHash('sha256').update(head).update(footer).update(sums).digest().copy(end, 40);
  end.writeUInt32LE(crc32c(end.subarray(0, 76)), 76);
  return Buffer.concat([object.subarray(0, headerAt), head, footer, end]);
}

test('a slot of a later format, or of a kind that is not known, is refused, not half read', () => {
  const unchanged = rewritten(() => undefined);
  assert.equal(decodeSlot('key', unchanged, unchanged.length).slot, 3);
  const later = rewritten((head) => (head.formatVersion = 2));
  assert.throws(() => decodeSlot('key', later, later.length), FormatTooNewError);
  const unknown = rewritten((head) => (head.kind = 9 as chronik.slot.SlotKind));
  assert.throws(() => decodeSlot('key', unknown, unknown.length), { code: 'FORMAT_TOO_NEW' });
  const trailer = sample();
  trailer.writeUInt32LE(2, trailer.length - TRAILER_BYTES + 8);
  trailer.writeUInt32LE(crc32c(trailer.subarray(-TRAILER_BYTES, -4)), trailer.length - 4);
  assert.throws(() => decodeSlot('key', trailer, trailer.length), { code: 'FORMAT_TOO_NEW' });
});

test('the bytes of a slot are fixed: a change of the format must change its version', () => {
  assert.equal(
    createHash('sha256').update(sample()).digest('hex'),
    '9213e4a4557f69045158c91d619342c7bd0749936cfdb259cb0276b59fe4a930',
  );
});

test('topic ids stand once in a footer, however many batches name them', () => {
  const many = Array.from({ length: 1000 }, (_, index) => sampleBatch('x', index % 100));
  const { sizeBytes } = encodeSlot(SAMPLE_HEADER, { kind: 'batches', batches: many, closes: [] });
  assert(sizeBytes < 1000 * 62, `${sizeBytes} bytes for 1,000 batches of one byte`);
});

test('rule-12 no bigint reaches an encoder: it would be written as 0 without a word', () => {
  const bigint = (value: number): number => BigInt(value) as unknown as number;
  const meta = sampleBatch('x', 0);
  const broken: SlotContent[] = [
    { kind: 'batches', batches: [{ ...meta, hlc: { ms: bigint(5), counter: 0 } }], closes: [] },
    { kind: 'batches', batches: [{ ...meta, producerId: bigint(5) }], closes: [] },
    { kind: 'batches', batches: [{ ...meta, maxTimestamp: bigint(5) }], closes: [] },
  ];
  for (const value of broken) assert.throws(() => encodeSlot(SAMPLE_HEADER, value), TypeError);
  const head = { ...SAMPLE_HEADER, firstHlc: { ms: bigint(5), counter: 0 } };
  assert.throws(() => encodeSlot(head, { kind: 'heartbeat' }), TypeError);
});
