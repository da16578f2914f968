import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ApiKeys,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
  apis,
  encodeResponse,
} from '../../src/kafka/index.ts';

/** The types are checked by the compiler; the tests hold what it cannot see. */

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type Partition = RequestOf<'Produce'>['topicData'][number]['partitionData'][number];

test('types of fields follow from the schema', () => {
  const facts: [
    Same<RequestOf<'Produce'>['transactionalId'], string | null>,
    Same<Partition['records'], Buffer | null>,
    Same<RequestOf<'Fetch'>['topics'][number]['partitions'][number]['highWatermark'], bigint>,
    Same<RequestOf<'Metadata'>['allowAutoTopicCreation'], boolean>,
    Same<ResponseOf<'Metadata'>['brokers'][number]['rack'], string | null>,
    Same<ResponseOf<'ListTransactions'>['transactionStates'][number]['producerId'], number>,
    Same<(typeof ApiKeys)['EndTxn'], 26>,
  ] = [true, true, true, true, true, true, true];
  assert.ok(facts.every(Boolean));
  assert.equal(ApiKeys.EndTxn, 26);
});

test('a field may be left out when encoding only if it has a default or is missing in some versions', () => {
  const complete: ResponseInput<'Heartbeat'> = { errorCode: 0 };
  // @ts-expect-error errorCode exists in every version and has no default
  const incomplete: ResponseInput<'Heartbeat'> = { throttleTimeMs: 0 };
  assert.equal(encodeResponse(ApiKeys.Heartbeat, 4, 1, complete).length, 1);
  assert.equal('errorCode' in incomplete, false);
});

test('each name has its own key', () => {
  assert.equal(new Set(Object.values(ApiKeys)).size, apis.size);
  for (const [name, key] of Object.entries(ApiKeys)) assert.equal(apis.get(key)?.name, name);
});
