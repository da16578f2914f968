import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeys, buildBatch } from '../../../broker/src/kafka/index.ts';
import { Client } from './client.ts';
import type { Address } from './client.ts';

const PRODUCE_VERSION = 12;
const FETCH_VERSION = 12;
const LOOK_AGAIN_MS = 10;
const ACKS_ALL = -1;

/**
 * Tries until one record has been acknowledged by all replicas and read back, through connections that are refused and
 * partitions that have no leader yet; rejects after `timeoutSeconds`.
 */
export async function firstProduceAndFetch(address: Address, topic: string, timeoutSeconds = 300): Promise<void> {
  const deadlineMs = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    const client = await Client.connect(address).catch(() => undefined);
    const served = client === undefined ? false : await tryOnce(client, topic).catch(() => false);
    client?.close();
    if (served) return;
    if (performance.now() > deadlineMs) throw new Error(`${topic} is not served after ${timeoutSeconds} s`);
    await sleep(LOOK_AGAIN_MS);
  }
}

async function tryOnce(client: Client, topic: string): Promise<boolean> {
  const records = buildBatch({ records: [{ key: null, value: Buffer.from('first'), timestampMs: Date.now() }] });
  const produced = await client.request(ApiKeys.Produce, PRODUCE_VERSION, {
    acks: ACKS_ALL,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  });
  const answer = produced.responses[0]?.partitionResponses[0];
  if (answer?.errorCode !== 0) return false;
  const fetched = await client.request(ApiKeys.Fetch, FETCH_VERSION, {
    maxWaitMs: 1_000,
    minBytes: 1,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: answer.baseOffset, partitionMaxBytes: 1_048_576 }] }],
    forgottenTopicsData: [],
  });
  const found = fetched.responses[0]?.partitions[0];
  return found?.errorCode === 0 && (found.records?.length ?? 0) > 0;
}
