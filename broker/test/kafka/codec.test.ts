import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ApiKeys,
  KafkaCodecError,
  type RequestInput,
  Reader,
  Writer,
  ZERO_UUID,
  apiNamed,
  compile,
  decodeCorrelationId,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../src/kafka/index.ts';
import { array, message, struct } from '../../src/kafka/notation.ts';

const sample = message(
  { name: 'Sample', versions: '0-2', flexible: '2+' },
  {
    name: 'string ? =null',
    items: array('Item', { id: 'int32', ids: '[]uuid 1+' }),
    body: 'bytes',
    cursor: struct('Cursor ? =null', { topic: 'string' }),
    extra: 'int64 2+ #3 =-1',
    more: struct('More 2+ #1', { count: 'int32', label: 'string =x' }),
  },
);

function encode(
  version: number,
  value: Parameters<ReturnType<typeof compile<typeof sample.fields>>['encode']>[1],
): Buffer {
  const writer = new Writer();
  compile(sample, version).encode(writer, value);
  return writer.finishOne();
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

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const decode = (version: number, text: string): unknown => compile(sample, version).decode(new Reader(hex(text)));

test('fields that a version lacks are decoded to their defaults', () => {
  assert.deepEqual(decode(0, 'ffff 00000001 00000007 00000000 ff'), {
    name: null,
    items: [{ id: 7, ids: [] }],
    body: Buffer.alloc(0),
    cursor: null,
    extra: -1,
    more: { count: 0, label: 'x' },
  });
});

test('tagged fields are written in the order of their tags, and only when they differ from the default', () => {
  const base = { items: [], body: Buffer.alloc(0) };
  assert.equal(encode(2, base).toString('hex'), '00' + '01' + '01' + 'ff' + '00');
  assert.equal(encode(2, { ...base, extra: -1, more: { count: 0 } }).toString('hex'), encode(2, base).toString('hex'));
  assert.equal(
    encode(2, { ...base, extra: 5, more: { count: 1 } }).toString('hex'),
    '00' + '01' + '01' + 'ff' + '02' + '01' + '07' + '00000001' + '0278' + '00' + '03' + '08' + '0000000000000005',
  );
});

test('unknown tagged fields are skipped', () => {
  const decoded = decode(2, '00 01 01 ff 02 03 08 0000000000000009 63 03 aabbcc') as { extra: number };
  assert.equal(decoded.extra, 9);
});

test('a tagged field whose size does not fit its content is malformed', () => {
  assert.equal(
    codeOf(() => decode(2, '00 01 01 ff 01 03 09 000000000000000900')),
    'KAFKA_MALFORMED',
  );
  assert.equal(
    codeOf(() => decode(2, '00 01 01 ff 01 03 07 0000000000000009')),
    'KAFKA_TRUNCATED',
  );
});

test('counts and lengths are checked before anything is allocated', () => {
  assert.equal(
    codeOf(() => decode(0, 'ffff 7fffffff 00000007')),
    'KAFKA_TRUNCATED',
  );
  assert.equal(
    codeOf(() => decode(0, 'ffff 00000000 7fffffff')),
    'KAFKA_TRUNCATED',
  );
  assert.equal(
    codeOf(() => decode(2, '00 ffffffff0f')),
    'KAFKA_TRUNCATED',
  );
  assert.equal(
    codeOf(() => decode(0, 'fffe')),
    'KAFKA_MALFORMED',
  );
  assert.equal(
    codeOf(() => decode(0, 'ffff ffffffff')),
    'KAFKA_MALFORMED',
    'null in an array that cannot be null',
  );
  assert.equal(
    codeOf(() => decode(2, '00 ffffffffff00')),
    'KAFKA_MALFORMED',
    'a variable-length integer of 6 bytes',
  );
  assert.equal(
    codeOf(() => decode(2, '00 ffffffff1f')),
    'KAFKA_MALFORMED',
    'a variable-length integer of 33 bits',
  );
});

test('a message with more elements than allowed is refused', () => {
  const bytes = encode(0, { items: Array.from({ length: 100 }, (_, id) => ({ id })), body: Buffer.alloc(0) });
  const decodeWith = (maxElements: number): unknown =>
    compile(sample, 0).decode(new Reader(bytes, 0, bytes.length, maxElements));
  assert.doesNotThrow(() => decodeWith(100));
  assert.equal(
    codeOf(() => decodeWith(99)),
    'KAFKA_MALFORMED',
  );
});

test('64-bit integers beyond 2^53 are refused, saturated or exact, as the field says', () => {
  const read = (kind: 'int64' | 'clamp64' | 'big64', text: string): unknown => {
    const schema = message({ name: 'One', versions: '0', flexible: 'none' }, { value: kind });
    return compile(schema, 0).decode(new Reader(hex(text))).value;
  };
  assert.equal(read('int64', 'ffffffffffffffff'), -1);
  assert.equal(read('int64', '001fffffffffffff'), Number.MAX_SAFE_INTEGER);
  assert.equal(read('int64', 'ffe0000000000001'), Number.MIN_SAFE_INTEGER);
  assert.equal(
    codeOf(() => read('int64', '0020000000000000')),
    'KAFKA_MALFORMED',
  );
  assert.equal(
    codeOf(() => read('int64', 'ffe0000000000000')),
    'KAFKA_MALFORMED',
  );
  assert.equal(read('clamp64', '7fffffffffffffff'), Number.MAX_SAFE_INTEGER);
  assert.equal(read('clamp64', '8000000000000000'), Number.MIN_SAFE_INTEGER);
  assert.equal(read('clamp64', 'fffffffffffffffe'), -2);
  assert.equal(read('big64', '7fffffffffffffff'), 2n ** 63n - 1n);
});

test('values that do not fit their field are refused with the name of the field', () => {
  const bad = (value: unknown): unknown => encode(1, value as { items: []; body: Buffer });
  const body = Buffer.alloc(0);
  assert.throws(() => bad({ items: [{ id: 2 ** 31 }], body }), /Sample v1\.items\.id must be int32, but is 2147483648/);
  assert.equal(
    codeOf(() => bad({ items: [{ id: 1.5 }], body })),
    'KAFKA_VALUE',
  );
  assert.equal(
    codeOf(() => bad({ items: [{ id: 1n }], body })),
    'KAFKA_VALUE',
  );
  assert.equal(
    codeOf(() => bad({ items: [{ id: 1, ids: ['short'] }], body })),
    'KAFKA_VALUE',
  );
  assert.equal(
    codeOf(() => bad({ items: null, body })),
    'KAFKA_VALUE',
  );
  assert.equal(
    codeOf(() => bad({ items: [null], body })),
    'KAFKA_VALUE',
  );
  assert.equal(
    codeOf(() => bad({ items: [], body: 'text' })),
    'KAFKA_VALUE',
  );
  assert.equal(
    codeOf(() => bad({ items: [], body, name: 'x'.repeat(32_768) })),
    'KAFKA_VALUE',
  );
});

test('a version that a message does not have is refused', () => {
  for (const version of [-1, 3, 32_767]) {
    assert.equal(
      codeOf(() => compile(sample, version)),
      'KAFKA_UNSUPPORTED_VERSION',
    );
  }
  const { schema } = apiNamed('LeaderAndIsr');
  assert.equal(
    codeOf(() => compile(schema.request, 0)),
    'KAFKA_UNSUPPORTED_VERSION',
  );
});

const records = Buffer.alloc(5000, 1);
const produce: RequestInput<'Produce'> = {
  acks: -1,
  timeoutMs: 1500,
  topicData: [{ name: 'orders', partitionData: [{ index: 2, records: [records, records.subarray(0, 10)] }] }],
};

test('record batches pass through encoding by reference and through decoding as views', () => {
  const chunks = encodeRequest(ApiKeys.Produce, 9, 1, 'me', produce);
  assert.ok(chunks.some((chunk) => chunk.buffer === records.buffer && chunk.length === records.length));
  const frame = Buffer.concat(chunks);
  const { reader } = decodeRequestHeader(frame.subarray(4));
  const decoded = decodeRequest(ApiKeys.Produce, 9, reader).topicData[0]?.partitionData[0]?.records;
  assert.equal(decoded?.length, 5010);
  assert.equal(decoded.buffer, frame.buffer);
});

test('a request frame carries its size, header and body, in the old and in the compact encoding', () => {
  for (const version of [3, 8, 9, 12]) {
    const frame = Buffer.concat(encodeRequest(ApiKeys.Produce, version, 77, 'client', produce));
    assert.equal(frame.readInt32BE(0), frame.length - 4);
    const header = decodeRequestHeader(frame.subarray(4));
    assert.equal(header.api?.name, 'Produce');
    const { apiKey, apiVersion, correlationId, clientId } = header;
    assert.deepEqual(
      { apiKey, apiVersion, correlationId, clientId },
      { apiKey: 0, apiVersion: version, correlationId: 77, clientId: 'client' },
    );
    assert.equal(decodeRequest(ApiKeys.Produce, version, header.reader).topicData[0]?.name, 'orders');
    assert.equal(header.reader.remaining, 0);
  }
});

test('the header of a request with an unknown key or version still tells its correlation id', () => {
  const header = (text: string): string => {
    const { api, correlationId, apiKey, apiVersion } = decodeRequestHeader(hex(text));
    return `${String(api?.name)} ${apiKey} ${apiVersion} ${correlationId}`;
  };
  assert.equal(header('0012 0063 0000002a ffff'), 'undefined 18 99 42');
  assert.equal(header('7000 0000 0000002a ffff'), 'undefined 28672 0 42');
  assert.equal(header('0012 ffff 0000002a ffff'), 'undefined 18 -1 42');
  assert.equal(
    codeOf(() => header('0012 0000 0000')),
    'KAFKA_TRUNCATED',
  );
});

test('a request header may carry tagged fields and no client id', () => {
  const { clientId, reader } = decodeRequestHeader(hex('0012 0003 00000001 ffff 01 05 02 aabb 02'));
  assert.equal(clientId, null);
  assert.equal(reader.uvarint(), 2);
});

test('an ApiVersions response has header 0 in every version', () => {
  const body = { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] };
  for (const version of [0, 3, 4]) {
    const frame = Buffer.concat(encodeResponse(ApiKeys.ApiVersions, version, 5, body));
    assert.equal(frame.readInt16BE(8), 35, 'the body follows the correlation id at once');
    assert.equal(decodeCorrelationId(frame.subarray(4)), 5);
    const decoded = decodeResponse(ApiKeys.ApiVersions, version, frame.subarray(4));
    assert.equal(decoded.body.apiKeys[0]?.maxVersion, 4);
  }
});

test('a response frame is read back by the client side', () => {
  const topics = [
    {
      topicId: ZERO_UUID,
      topic: 't',
      partitions: [{ partitionIndex: 1, errorCode: 0, highWatermark: 2 ** 40, records }],
    },
  ];
  for (const version of [4, 11, 12]) {
    const frame = Buffer.concat(encodeResponse(ApiKeys.Fetch, version, 9, { responses: topics }));
    assert.equal(frame.readInt32BE(0), frame.length - 4);
    const { correlationId, body } = decodeResponse(ApiKeys.Fetch, version, frame.subarray(4));
    assert.equal(correlationId, 9);
    assert.equal(body.responses[0]?.topic, 't');
    const partition = body.responses[0].partitions[0];
    assert.equal(partition?.highWatermark, 2 ** 40);
    assert.ok(partition.records?.equals(records));
  }
});

test('an unknown API key cannot be decoded', () => {
  assert.equal(
    codeOf(() => decodeRequest(5000, 0, new Reader(Buffer.alloc(4)))),
    'KAFKA_UNKNOWN_API',
  );
});
