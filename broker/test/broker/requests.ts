import { ApiKeys, type RequestInput, ZERO_UUID, buildBatch } from '../../src/kafka/index.ts';
import type { TestClient } from './test-client.ts';

/** A batch of values, as a producer sends it. */
export function batchOf(values: readonly string[], more: Partial<Parameters<typeof buildBatch>[0]> = {}): Buffer {
  const timestampMs = Date.now();
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs }));
  return buildBatch({ records, ...more });
}

export interface ProduceOptions {
  readonly acks?: number;
  readonly timeoutMs?: number;
  readonly partition?: number;
  readonly version?: number;
}

export function produceBody(
  topic: string,
  records: Buffer | null,
  options: ProduceOptions = {},
): RequestInput<'Produce'> {
  const { acks = -1, timeoutMs = 30_000, partition = 0 } = options;
  return { acks, timeoutMs, topicData: [{ name: topic, partitionData: [{ index: partition, records }] }] };
}

/** Produces one batch and returns the partition's answer. */
export async function produce(client: TestClient, topic: string, records: Buffer | null, options: ProduceOptions = {}) {
  const response = await client.send(ApiKeys.Produce, options.version ?? 9, produceBody(topic, records, options));
  const answer = response.responses[0]?.partitionResponses[0];
  if (answer === undefined) throw new Error('The response has no partition.');
  return answer;
}

export interface FetchOptions {
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
  readonly currentLeaderEpoch?: number;
}

export function fetchBody(
  partitions: readonly { readonly topic: string; readonly partition?: number; readonly offset: number }[],
  options: FetchOptions = {},
): RequestInput<'Fetch'> {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 20, sessionId = 0, sessionEpoch = -1 } = options;
  return {
    maxWaitMs,
    minBytes,
    maxBytes,
    sessionId,
    sessionEpoch,
    topics: partitions.map(({ topic, partition = 0, offset }) => ({
      topic,
      partitions: [
        {
          partition,
          fetchOffset: offset,
          partitionMaxBytes: options.partitionMaxBytes ?? 1 << 20,
          currentLeaderEpoch: options.currentLeaderEpoch ?? -1,
        },
      ],
    })),
    forgottenTopicsData: [],
  };
}

/** Fetches one partition and returns its answer. */
export async function fetch(client: TestClient, topic: string, offset: number, options: FetchOptions = {}) {
  const response = await client.send(ApiKeys.Fetch, 12, fetchBody([{ topic, offset }], options));
  const answer = response.responses[0]?.partitions[0];
  if (answer === undefined) throw new Error('The response has no partition.');
  return answer;
}

/** Has the topic created on first use and returns what Metadata tells of it. */
export async function useTopic(client: TestClient, name: string) {
  const topics = [{ name, topicId: ZERO_UUID }];
  const response = await client.send(ApiKeys.Metadata, 12, { topics, includeTopicAuthorizedOperations: false });
  const topic = response.topics[0];
  if (topic === undefined) throw new Error('The response has no topic.');
  return topic;
}
