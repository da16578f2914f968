import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type BatchToBuild,
  type Compression,
  KafkaCodecError,
  RecordCursor,
  type RecordToBuild,
  addSequence,
  baseOffsetOf,
  batchPositions,
  batchProblem,
  batchSizeBytes,
  batchesOf,
  buildBatch,
  completeBatchSizeBytes,
  decodeRecords,
  isBatchCrcValid,
  lastOffsetOf,
  lastSequenceOf,
  parseBatchHeader,
  partitionLeaderEpochOf,
  setBaseOffset,
  setMaxTimestampAndLogAppendTime,
  setPartitionLeaderEpoch,
  timestampTypeOf,
  updateBatchCrc,
} from '../../src/kafka/index.ts';
import { readVectors } from './reference-data.ts';

const SEED = 20_260_103;
const codecs: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

const bytesOrNull = fc.option(fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)));
const arbitraryRecord: fc.Arbitrary<RecordToBuild> = fc.record(
  {
    key: bytesOrNull,
    value: bytesOrNull,
    timestampMs: fc.integer({ min: 0, max: 2 ** 45 }),
    headers: fc.array(fc.record({ key: fc.string({ maxLength: 8 }), value: bytesOrNull }, { noNullPrototype: true }), {
      maxLength: 3,
    }),
  },
  { noNullPrototype: true },
);

const text = (value: string): Buffer => Buffer.from(value);

function sample(options: Omit<BatchToBuild, 'records'> = {}): Buffer {
  const records = ['a', 'b', 'c'].map((name, i) => ({
    key: text(name),
    value: text(`value ${name}`),
    timestampMs: 1000 + i,
  }));
  return buildBatch({ records, ...options });
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof KafkaCodecError, String(error));
    return error.code;
  }
  return 'none';
}

test('records come back from a batch as they were put in, with every codec', () => {
  for (const compression of codecs) {
    fc.assert(
      fc.property(fc.array(arbitraryRecord, { maxLength: 12 }), fc.maxSafeInteger(), (records, position) => {
        const baseOffset = Math.floor(Math.abs(position) / 2);
        const batch = buildBatch({ records, baseOffset, compression });
        assert.equal(batchProblem(batch), undefined);
        const expected = records.map((record, i) => ({ offset: baseOffset + i, ...record }));
        assert.deepEqual(decodeRecords(batch), expected);
      }),
      { numRuns: 40, seed: SEED },
    );
  }
});

test('a header tells all that the batch was built with', () => {
  const batch = sample({
    baseOffset: 2 ** 40,
    partitionLeaderEpoch: 9,
    compression: 'zstd',
    timestampType: 'append',
    producerId: 2 ** 33,
    producerEpoch: 3,
    baseSequence: 40,
    isTransactional: true,
    isControl: true,
    lastOffsetDelta: 7,
    maxTimestampMs: 5000,
    deleteHorizonMs: 900,
  });
  const { crc, ...header } = parseBatchHeader(batch);
  assert.deepEqual(header, {
    baseOffset: 2 ** 40,
    sizeBytes: batch.length,
    partitionLeaderEpoch: 9,
    magic: 2,
    attributes: 0x7c,
    lastOffsetDelta: 7,
    lastOffset: 2 ** 40 + 7,
    baseTimestampMs: 900,
    maxTimestampMs: 5000,
    producerId: 2 ** 33,
    producerEpoch: 3,
    baseSequence: 40,
    recordCount: 3,
    compression: 'zstd',
    timestampType: 'append',
    isTransactional: true,
    isControl: true,
    hasDeleteHorizon: true,
  });
  assert.equal(crc, batch.readUInt32BE(17));
  assert.equal(lastSequenceOf(batch), 47);
});

test('base offset and leader epoch can be assigned without touching the CRC', () => {
  const batch = sample();
  setBaseOffset(batch, 0, 2 ** 52 + 1);
  setPartitionLeaderEpoch(batch, 0, 12);
  assert.equal(batchProblem(batch), undefined);
  assert.equal(baseOffsetOf(batch), 2 ** 52 + 1);
  assert.equal(batch.readBigInt64BE(0), 2n ** 52n + 1n);
  assert.equal(partitionLeaderEpochOf(batch), 12);
});

test('with log append time all records have the time of the broker and the CRC is right', () => {
  const batch = Buffer.concat([text('before'), sample({ compression: 'gzip' })]);
  setMaxTimestampAndLogAppendTime(batch, 6, 777_000);
  assert.equal(timestampTypeOf(batch, 6), 'append');
  assert.equal(batchProblem(batch, 6), undefined);
  assert.deepEqual(
    decodeRecords(batch, 6).map(({ timestampMs }) => timestampMs),
    [777_000, 777_000, 777_000],
  );
});

test('a changed byte anywhere under the CRC is found', () => {
  const batch = sample();
  for (let at = 21; at < batch.length; at++) {
    const damaged = Buffer.from(batch);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    assert.equal(isBatchCrcValid(damaged), false, String(at));
  }
  assert.equal(isBatchCrcValid(batch), true);
});

test('each kind of damage to a batch has its name', () => {
  const broken = (change: (batch: Buffer) => Buffer | void, fixCrc = true): string | undefined => {
    const batch = sample();
    const changed = change(batch) ?? batch;
    if (fixCrc) updateBatchCrc(changed);
    return batchProblem(changed);
  };
  assert.equal(
    broken((batch) => batch.subarray(0, 11), false),
    'truncated',
  );
  assert.equal(
    broken((batch) => batch.subarray(0, batch.length - 1), false),
    'truncated',
  );
  assert.equal(
    broken((batch) => void batch.writeInt32BE(-1, 8), false),
    'length',
  );
  assert.equal(
    broken((batch) => void batch.writeInt32BE(30, 8), false),
    'length',
  );
  assert.equal(
    broken((batch) => void batch.writeInt8(1, 16)),
    'magic',
  );
  assert.equal(
    broken((batch) => void batch.writeInt16BE(5, 21)),
    'compression',
  );
  assert.equal(
    broken((batch) => void batch.writeInt32BE(-1, 57)),
    'count',
  );
  assert.equal(
    broken((batch) => void batch.writeInt32BE(-1, 23)),
    'count',
  );
  assert.equal(
    broken((batch) => void batch.writeInt32BE(4, 23), false),
    'crc',
  );
});

test('batches that follow each other are told apart, and a cut one is not passed off as whole', () => {
  const batches = [sample(), sample({ compression: 'lz4' }), sample({ baseOffset: 50 })];
  const blob = Buffer.concat(batches);
  assert.deepEqual([...batchesOf(blob)], batches);
  assert.deepEqual([...batchPositions(Buffer.alloc(0))], []);
  const cut = blob.subarray(0, -1);
  assert.equal(
    codeOf(() => [...batchPositions(cut)]),
    'KAFKA_TRUNCATED',
  );
  const lastAt = blob.length - (batches[2] as Buffer).length;
  assert.equal(completeBatchSizeBytes(cut, lastAt), 0);
  assert.equal(completeBatchSizeBytes(blob, lastAt), batches[2]?.length);
  const endless = Buffer.from(blob);
  endless.writeInt32BE(-12, 8);
  assert.equal(
    codeOf(() => [...batchPositions(endless)]),
    'KAFKA_CORRUPT_BATCH',
  );
});

test('gaps that compaction left survive', () => {
  const batch = buildBatch({
    baseOffset: 100,
    lastOffsetDelta: 20,
    records: [3, 11].map((offsetDelta) => ({ key: null, value: null, timestampMs: 5, offsetDelta })),
  });
  assert.deepEqual(
    decodeRecords(batch).map(({ offset }) => offset),
    [103, 111],
  );
  assert.equal(lastOffsetOf(batch), 120);
});

test('a cursor tells where each record lies and what it lacks', () => {
  const batch = buildBatch({
    records: [
      { key: null, value: text('v'), timestampMs: 1 },
      { key: text('k'), value: null, timestampMs: 2 },
    ],
  });
  const cursor = new RecordCursor(batch);
  const seen: [number, number, boolean, boolean][] = [];
  while (cursor.next()) seen.push([cursor.startsAt, cursor.endsAt, cursor.hasKey, cursor.hasValue]);
  assert.deepEqual(seen, [
    [0, 8, false, true],
    [8, 16, true, false],
  ]);
  assert.equal(cursor.bytes.length, 16);
});

test('records that do not add up are a KafkaCodecError, never another failure', () => {
  const records = fc.sample(arbitraryRecord, { numRuns: 6, seed: SEED });
  const batch = buildBatch({ records });
  const read = (bytes: Buffer): string => codeOf(() => decodeRecords(bytes));
  for (let at = 57; at < batch.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
      const damaged = Buffer.from(batch);
      damaged[at] = value;
      read(damaged);
    }
  }
  const withCount = (count: number): Buffer => {
    const damaged = Buffer.from(batch);
    damaged.writeInt32BE(count, 57);
    return damaged;
  };
  assert.equal(read(withCount(5)), 'KAFKA_CORRUPT_BATCH');
  assert.equal(read(withCount(7)), 'KAFKA_TRUNCATED');
  assert.equal(read(withCount(2_000_000_000)), 'KAFKA_TRUNCATED');
});

test('a timestamp or offset that cannot be written is refused', () => {
  const build = (timestampMs: number, offsetDelta: number): string =>
    codeOf(() =>
      buildBatch({
        records: [
          { key: null, value: null, timestampMs: 0 },
          { key: null, value: null, timestampMs, offsetDelta },
        ],
      }),
    );
  assert.equal(build(Number.NaN, 1), 'KAFKA_VALUE');
  assert.equal(build(2 ** 53, 1), 'KAFKA_VALUE');
  assert.equal(build(0, -1), 'KAFKA_VALUE');
  assert.equal(build(0, 2 ** 31), 'KAFKA_VALUE');
  assert.equal(build(-1, 1), 'none');
});

test('sequences go round after 2^31 - 1', () => {
  assert.equal(addSequence(0x7fff_ffff, 1), 0);
  assert.equal(addSequence(0x7fff_fffe, 1), 0x7fff_ffff);
  assert.equal(lastSequenceOf(sample({ baseSequence: 0x7fff_ffff })), 1);
  assert.equal(lastSequenceOf(sample()), -1);
});

test('batches built by kafka-python are read, with every codec', () => {
  const names = readVectors('batches.txt').map((line, number) => {
    const [codec = '', hex] = line.split(' ');
    const batch = Buffer.from(hex ?? '', 'hex');
    assert.equal(batchProblem(batch), undefined, codec);
    const header = parseBatchHeader(batch);
    assert.equal(header.compression, codec);
    assert.equal(header.producerId, 2 ** 40 + number);
    assert.equal(header.isTransactional, number % 2 === 1);
    assert.equal(header.sizeBytes, batchSizeBytes(batch));
    assert.deepEqual(decodeRecords(batch), expectedRecords(), codec);
    return codec;
  });
  assert.deepEqual(names, codecs);
});

test('the batch built here without compression has the bytes of the one by kafka-python', () => {
  const [line = ''] = readVectors('batches.txt');
  const built = buildBatch({
    records: expectedRecords(),
    partitionLeaderEpoch: 0,
    producerId: 2 ** 40,
    producerEpoch: 0,
    baseSequence: 0,
  });
  assert.equal(built.toString('hex'), line.split(' ')[1]);
});

/** The records behind vectors/batches.txt: the same rule as in vectors/make-batches.py. */
function expectedRecords(): (RecordToBuild & { offset: number })[] {
  return Array.from({ length: 30 }, (_, i) => ({
    offset: i,
    timestampMs: 1_700_000_000_000 + i * 250,
    key: i % 5 === 0 ? null : text(`key-${i}`),
    value: i % 7 === 3 ? null : text(`value ${i} `.repeat(i)),
    headers: Array.from({ length: i % 4 }, (__, n) => ({
      key: `name-${n}`,
      value: n === 2 ? null : text('h'.repeat(n)),
    })),
  }));
}
