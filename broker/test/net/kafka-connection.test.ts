import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError, silentLogger } from '../../src/edge/index.ts';
import { ApiKeys, type ResponseInput, ZERO_UUID, decodeResponse, encodeRequest } from '../../src/kafka/index.ts';
import {
  type Answer,
  ByteBudget,
  Dispatcher,
  HANG_UP,
  type Handler,
  NO_RESPONSE,
  newNetCounters,
  serve,
  type ServedApi,
} from '../../src/net/index.ts';
import { KafkaConnection } from '../../src/net/kafka-connection.ts';
import { FakeConnection } from './fake-connection.ts';

const nothing: ResponseInput<'ApiVersions'> = { errorCode: 0, apiKeys: [] };
const refused: ResponseInput<'ApiVersions'> = {
  errorCode: 35,
  apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
};

function connected(
  handle: Handler<'ApiVersions'>,
  options: { capBytes?: number; maxInFlight?: number; produce?: Handler<'Produce'>; fetch?: Handler<'Fetch'> } = {},
) {
  const served: ServedApi<'ApiVersions' | 'Produce' | 'Fetch'>[] = [serve('ApiVersions', handle, { max: 4 }) as never];
  if (options.produce !== undefined) served.push(serve('Produce', options.produce, { min: 0 }) as never);
  if (options.fetch !== undefined) served.push(serve('Fetch', options.fetch) as never);
  const table = new Map(served.map((api) => [api.key, api])) as unknown as ReadonlyMap<number, ServedApi>;
  const fake = new FakeConnection();
  const counters = newNetCounters();
  const budget = new ByteBudget(options.capBytes ?? 1 << 20);
  const answers = new ByteBudget(1 << 20);
  const fatal: Error[] = [];
  const context = {
    clock: {
      nowMs: () => 0,
      monotonicMs: () => 0,
      setTimer: () => ({ cancel: () => undefined }),
      defer: queueMicrotask,
    },
    logger: silentLogger,
    dispatcher: new Dispatcher(table, () => refused),
    budget,
    answers,
    counters,
    options: { maxRequestBytes: 1 << 20, maxInFlight: options.maxInFlight ?? 10 },
    onFatal: (error: Error) => fatal.push(error),
  };
  const connection = new KafkaConnection(1, fake, context, () => undefined);
  return { fake, connection, counters, budget, answers, fatal };
}

function request(correlationId: number, version = 3): Buffer {
  const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
  return Buffer.concat(encodeRequest(ApiKeys.ApiVersions, version, correlationId, null, body));
}

function produceRequest(correlationId: number, sizeBytes: number): Buffer {
  const partitionData = [{ index: 0, records: Buffer.alloc(sizeBytes) }];
  const body = { acks: 1, timeoutMs: 1, topicData: [{ name: 't', partitionData }] };
  return Buffer.concat(encodeRequest(ApiKeys.Produce, 7, correlationId, null, body));
}

function fetchRequest(correlationId: number): Buffer {
  const body = { maxWaitMs: 0, minBytes: 1, maxBytes: 1000, topics: [], forgottenTopicsData: [] };
  return Buffer.concat(encodeRequest(ApiKeys.Fetch, 12, correlationId, null, body));
}

/** A fetch answer of so many bytes and some. */
function fetched(sizeBytes: number): ResponseInput<'Fetch'> {
  const partition = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 0,
    abortedTransactions: null,
    records: Buffer.alloc(sizeBytes),
  };
  return { errorCode: 0, sessionId: 0, responses: [{ topic: 't', topicId: ZERO_UUID, partitions: [partition] }] };
}

const correlationIds = (fake: FakeConnection) => fake.payloads().map((payload) => payload.readInt32BE(0));
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('responses leave in the order of the requests, whenever they are ready', async () => {
  const answers: ((answer: Answer<'ApiVersions'>) => void)[] = [];
  let calls = 0;
  const { fake } = connected(() => {
    calls++;
    if (calls % 2 === 0) return nothing;
    return new Promise((resolve) => answers.push(resolve));
  });
  fake.onData(Buffer.concat([request(1), request(2), request(3), request(4)]));
  assert.equal(calls, 4);
  answers[1]?.(nothing);
  await settled();
  assert.deepEqual(correlationIds(fake), []);
  answers[0]?.(nothing);
  await settled();
  assert.deepEqual(correlationIds(fake), [1, 2, 3, 4]);
  assert.equal(fake.writes.length, 1, 'one write for all that became ready together');
});

test('all answers to one read leave in one write', () => {
  const { fake } = connected(() => nothing);
  fake.onData(Buffer.concat([request(1), request(2), request(3)]));
  assert.equal(fake.writes.length, 1);
  assert.deepEqual(correlationIds(fake), [1, 2, 3]);
});

test('an ApiVersions version that is not served is answered in version 0 with error 35 and the range', () => {
  const { fake } = connected(() => nothing);
  const future = request(9);
  future.writeInt16BE(99, 6);
  fake.onData(future);
  const { correlationId, body } = decodeResponse(ApiKeys.ApiVersions, 0, fake.payloads()[0] as Buffer);
  assert.equal(correlationId, 9);
  assert.equal(body.errorCode, 35);
  assert.deepEqual(body.apiKeys, [{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
});

test('an API that is not served ends the connection, with what was answered before', () => {
  const { fake, counters } = connected(() => nothing);
  fake.onData(Buffer.concat(encodeRequest(ApiKeys.Metadata, 0, 1, null, { topics: [] })));
  assert.equal(fake.state, 'destroyed');
  assert.equal(counters.connectionsBroken, 1);
});

test('a handler that fails ends the connection; a broken invariant ends the process', async () => {
  const failing = connected(() => Promise.reject(new Error('no')));
  failing.fake.onData(request(1));
  await settled();
  assert.equal(failing.fake.state, 'destroyed');
  assert.deepEqual(failing.fatal, []);
  const broken = connected(() => {
    throw new InvariantError('never');
  });
  broken.fake.onData(request(1));
  assert.equal(broken.fatal.length, 1);
});

test('no response is sent where none is expected, and a hang-up ends the connection', () => {
  let answer: Answer<'ApiVersions'> = NO_RESPONSE;
  const { fake } = connected(() => answer);
  fake.onData(request(1));
  assert.deepEqual(fake.writes, []);
  answer = HANG_UP;
  fake.onData(Buffer.concat([request(2), request(3)]));
  assert.equal(fake.state, 'ended');
  assert.deepEqual(fake.writes, []);
});

test('beyond the requests in flight nothing is read until one is answered', async () => {
  const answers: ((answer: Answer<'ApiVersions'>) => void)[] = [];
  const { fake } = connected(() => new Promise((resolve) => answers.push(resolve)), { maxInFlight: 2 });
  fake.onData(Buffer.concat([request(1), request(2), request(3), request(4)]));
  assert.equal(answers.length, 2);
  assert.equal(fake.paused, true);
  answers[0]?.(nothing);
  await settled();
  assert.equal(answers.length, 3);
  assert.equal(fake.paused, true);
  answers[1]?.(nothing);
  answers[2]?.(nothing);
  await settled();
  answers[3]?.(nothing);
  await settled();
  assert.deepEqual(correlationIds(fake), [1, 2, 3, 4]);
  assert.equal(fake.paused, false);
});

test('a client that does not read its answers is not read from, and its bytes count', () => {
  const { fake, budget, answers } = connected(() => nothing);
  fake.fast = false;
  fake.onData(request(1));
  assert.equal(fake.paused, true);
  assert.equal(answers.usedBytes, fake.bufferedBytes);
  assert.equal(budget.usedBytes, 0, 'producers are not held back for it');
  fake.onData(request(2));
  assert.deepEqual(correlationIds(fake), [1]);
  fake.fast = true;
  fake.drain();
  assert.deepEqual(correlationIds(fake), [1, 2]);
  assert.equal(answers.usedBytes, 0);
  assert.equal(fake.paused, false);
});

test('a connection has one fetch under way; the next one is taken when its answer has left', async () => {
  const answers: ((answer: Answer<'Fetch'>) => void)[] = [];
  const { fake } = connected(() => nothing, { fetch: () => new Promise((resolve) => answers.push(resolve)) });
  fake.onData(Buffer.concat([fetchRequest(1), request(2), fetchRequest(3), request(4)]));
  assert.equal(answers.length, 1);
  assert.equal(fake.paused, true, 'nothing is read behind the second fetch');
  fake.fast = false;
  answers[0]?.(fetched(10));
  await settled();
  assert.deepEqual(correlationIds(fake), [1, 2]);
  assert.equal(answers.length, 1, 'the client has not taken the first answer yet');
  fake.fast = true;
  fake.drain();
  assert.equal(answers.length, 2);
  answers[1]?.(fetched(10));
  await settled();
  assert.deepEqual(correlationIds(fake), [1, 2, 3, 4]);
  assert.equal(fake.paused, false);
});

test('fetches that are answered at once follow one another without a pause', () => {
  const { fake } = connected(() => nothing, { fetch: () => fetched(10) });
  fake.onData(Buffer.concat([fetchRequest(1), fetchRequest(2), request(3), fetchRequest(4)]));
  assert.deepEqual(correlationIds(fake), [1, 2, 3, 4]);
  assert.equal(fake.paused, false);
});

test('the answer of a fetch counts while it waits for answers before it, and no longer', async () => {
  let first: (answer: Answer<'ApiVersions'>) => void = () => undefined;
  const { fake, answers } = connected(() => new Promise((resolve) => (first = resolve)), {
    fetch: () => fetched(5000),
  });
  fake.onData(Buffer.concat([request(1), fetchRequest(2)]));
  assert.ok(answers.usedBytes >= 5000);
  first(nothing);
  await settled();
  assert.deepEqual(correlationIds(fake), [1, 2]);
  assert.equal(answers.usedBytes, 0);
  fake.onData(Buffer.concat([request(3), fetchRequest(4)]));
  assert.ok(answers.usedBytes >= 5000);
  fake.onClose();
  assert.equal(answers.usedBytes, 0);
});

test('who does not read what was answered is idle, and is given up sooner when memory is short', () => {
  const { fake, connection, answers } = connected(() => nothing);
  fake.fast = false;
  fake.onData(request(1));
  assert.equal(connection.isIdle(599_999, 600_000), false);
  assert.equal(connection.isIdle(600_000, 600_000), true);
  answers.add(1 << 20);
  assert.equal(connection.isIdle(29_999, 600_000), false);
  assert.equal(connection.isIdle(30_000, 600_000), true);
});

test('over the cap producers are held back in turn, others are not', () => {
  const seen: number[] = [];
  const produce: Handler<'Produce'> = (body) => {
    const sizeBytes = body.topicData[0]?.partitionData[0]?.records?.length ?? 0;
    seen.push(sizeBytes);
    budget.add(sizeBytes);
    return NO_RESPONSE;
  };
  const { fake, budget } = connected(() => nothing, { capBytes: 1000, produce });
  fake.onData(Buffer.concat([produceRequest(1, 600), produceRequest(2, 601), produceRequest(3, 602)]));
  assert.deepEqual(seen, [600, 601]);
  assert.equal(fake.paused, true);
  budget.release(600);
  assert.deepEqual(seen, [600, 601, 602]);
  assert.equal(fake.paused, false);
  fake.onData(Buffer.concat([request(4), produceRequest(5, 603)]));
  assert.deepEqual(correlationIds(fake), [4]);
  assert.equal(fake.paused, true);
  budget.release(1203);
  assert.deepEqual(seen, [600, 601, 602, 603]);
  assert.equal(fake.paused, false);
  const other = connected(() => nothing, { capBytes: 0 });
  other.fake.onData(request(1));
  assert.deepEqual(correlationIds(other.fake), [1]);
});

test('what a request waits for is told when its connection ends', () => {
  let told = 0;
  const { fake, budget } = connected((_, { peer }) => {
    peer.onClosed.add(() => told++);
    return new Promise(() => undefined);
  });
  fake.onData(Buffer.concat([request(1), request(2).subarray(0, 12)]));
  assert.ok(budget.usedBytes > 0);
  fake.onClose();
  assert.equal(told, 1);
  assert.equal(budget.usedBytes, 0);
});

test('a request that stops half-way is given up, one that waits for room or an answer is not', () => {
  const { fake, connection } = connected(() => new Promise(() => undefined));
  assert.equal(connection.isIdle(60_000, 600_000), false);
  assert.equal(connection.isIdle(600_000, 600_000), true);
  fake.onData(produceRequest(1, 600).subarray(0, 300));
  assert.equal(connection.isIdle(29_999, 600_000), false);
  assert.equal(connection.isIdle(30_000, 600_000), true);
  const waiting = connected(() => new Promise(() => undefined));
  waiting.fake.onData(request(1));
  assert.equal(waiting.connection.isIdle(600_000, 600_000), false);
});

test('a broken invariant ends the process even if its connection is gone', async () => {
  const { promise, reject } = Promise.withResolvers<Answer<'ApiVersions'>>();
  const { fake, fatal } = connected(() => promise);
  fake.onData(request(1));
  fake.onClose();
  reject(new InvariantError('never'));
  await settled();
  assert.equal(fatal.length, 1);
});
