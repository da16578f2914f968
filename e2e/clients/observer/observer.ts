import { ApiKeys, buildBatch } from '../../../broker/src/kafka/index.ts';
import type { NewTopic, OffsetRange, Offsets } from '../model/client.ts';
import type { RecordToWrite } from '../model/records.ts';
import { expectNone } from './errors.ts';
import { readTopic } from './read-topic.ts';
import type { StoredRecord } from './read-topic.ts';
import { WireConnection } from './wire-connection.ts';

const UNKNOWN_TOPIC = 3;
const EARLIEST = -2;
const LATEST = -1;
const TOPIC_RESOURCE = 2;
const TIMEOUT_MS = 20_000;

/**
 * Looks at the broker through the protocol itself, so that no client is judged by its own word and none by another's. Each
 * question goes over a connection of its own: nothing is remembered.
 */
export class Observer {
  readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  async cluster(): Promise<{ readonly clusterId: string; readonly brokerId: number }> {
    const body = await this.#ask((wire) =>
      wire.request(ApiKeys.DescribeCluster, 0, { includeClusterAuthorizedOperations: false }),
    );
    expectNone(body.errorCode, 'DescribeCluster', body.errorMessage);
    return { clusterId: body.clusterId, brokerId: body.controllerId };
  }

  async createTopic(topic: NewTopic): Promise<void> {
    const configs = [...topic.configs].map(([name, value]) => ({ name, value }));
    const { name, partitions: numPartitions } = topic;
    const topics = [{ name, numPartitions, replicationFactor: 1, assignments: [], configs }];
    const body = await this.#ask((wire) => wire.request(ApiKeys.CreateTopics, 7, { topics, timeoutMs: TIMEOUT_MS }));
    for (const { errorCode, errorMessage } of body.topics) expectNone(errorCode, `create topic ${name}`, errorMessage);
  }

  /** Number of partitions that have a leader; 0 for a topic that does not exist. */
  async partitions(topic: string): Promise<number> {
    const topics = [{ name: topic }];
    const body = await this.#ask((wire) =>
      wire.request(ApiKeys.Metadata, 9, { topics, allowAutoTopicCreation: false }),
    );
    const found = body.topics[0];
    if (found === undefined || found.errorCode === UNKNOWN_TOPIC) return 0;
    expectNone(found.errorCode, `metadata of ${topic}`);
    return found.partitions.filter(({ errorCode, leaderId }) => errorCode === 0 && leaderId >= 0).length;
  }

  async produce(topic: string, partition: number, records: readonly RecordToWrite[]): Promise<void> {
    const timestampMs = Date.now();
    const batch = buildBatch({
      records: records.map(({ key, value, headers }) => ({
        key,
        value,
        timestampMs,
        headers: headers.map(([name, content]) => ({ key: name, value: content })),
      })),
    });
    const topicData = [{ name: topic, partitionData: [{ index: partition, records: batch }] }];
    const body = await this.#ask((wire) =>
      wire.request(ApiKeys.Produce, 9, { acks: -1, timeoutMs: TIMEOUT_MS, topicData }),
    );
    for (const answer of body.responses.flatMap((response) => response.partitionResponses)) {
      expectNone(answer.errorCode, `produce to ${topic}`, answer.errorMessage);
    }
  }

  /** Every record of the topic that consumers can see, with how it is stored. */
  async read(topic: string): Promise<readonly StoredRecord[]> {
    const offsets = await this.offsets(topic);
    return this.#ask((wire) => readTopic(wire, topic, offsets));
  }

  async offsets(topic: string): Promise<ReadonlyMap<number, OffsetRange>> {
    const partitions = Array.from({ length: await this.partitions(topic) }, (_, partition) => partition);
    return this.#ask(async (wire) => {
      const first = await listOffsets(wire, topic, partitions, EARLIEST);
      const end = await listOffsets(wire, topic, partitions, LATEST);
      return new Map(
        partitions.map((partition) => [
          partition,
          { first: first.get(partition) ?? -1, end: end.get(partition) ?? -1 },
        ]),
      );
    });
  }

  /** Committed offsets of a group; empty for one that is not there. */
  async committed(group: string, topic: string): Promise<Offsets> {
    const partitionIndexes = Array.from({ length: await this.partitions(topic) }, (_, partition) => partition);
    await this.#findCoordinator(group);
    const groups = [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }];
    const body = await this.#ask((wire) => wire.request(ApiKeys.OffsetFetch, 8, { groups }));
    const answers = body.groups.flatMap((answer) => answer.topics).flatMap((answer) => answer.partitions);
    for (const { errorCode } of answers) expectNone(errorCode, `offsets of group ${group}`);
    const known = answers.filter(({ committedOffset }) => committedOffset >= 0);
    return new Map(known.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]));
  }

  /** Commits for a group without members. */
  async commit(group: string, topic: string, offsets: Offsets): Promise<void> {
    await this.#findCoordinator(group);
    const partitions = [...offsets].map(([partitionIndex, committedOffset]) => ({
      partitionIndex,
      committedOffset,
      committedMetadata: null,
    }));
    const request = { groupId: group, memberId: '', topics: [{ name: topic, partitions }] };
    const body = await this.#ask((wire) => wire.request(ApiKeys.OffsetCommit, 8, request));
    for (const answer of body.topics.flatMap((answered) => answered.partitions)) {
      expectNone(answer.errorCode, `commit of group ${group}`);
    }
  }

  /** Every client asks for it first, which is what makes a broker load or create the group's part of the coordinator. */
  async #findCoordinator(group: string): Promise<void> {
    const body = await this.#ask((wire) =>
      wire.request(ApiKeys.FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] }),
    );
    for (const { errorCode, errorMessage } of body.coordinators) {
      expectNone(errorCode, `coordinator of group ${group}`, errorMessage);
    }
  }

  async configs(topic: string): Promise<ReadonlyMap<string, string>> {
    const resources = [{ resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: null }];
    const body = await this.#ask((wire) => wire.request(ApiKeys.DescribeConfigs, 4, { resources }));
    for (const { errorCode, errorMessage } of body.results) {
      expectNone(errorCode, `configurations of ${topic}`, errorMessage);
    }
    return new Map(body.results.flatMap(({ configs }) => configs.map(({ name, value }) => [name, value ?? ''])));
  }

  async #ask<Answer>(question: (wire: WireConnection) => Promise<Answer>): Promise<Answer> {
    const wire = await WireConnection.open(this.port);
    try {
      return await question(wire);
    } finally {
      wire.close();
    }
  }
}

async function listOffsets(
  wire: WireConnection,
  topic: string,
  partitions: readonly number[],
  timestamp: number,
): Promise<Offsets> {
  const asked = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }));
  const topics = [{ name: topic, partitions: asked }];
  const body = await wire.request(ApiKeys.ListOffsets, 7, { replicaId: -1, isolationLevel: 0, topics });
  const answers = body.topics.flatMap((answer) => answer.partitions);
  for (const { errorCode } of answers) expectNone(errorCode, `offsets of ${topic}`);
  return new Map(answers.map(({ partitionIndex, offset }) => [partitionIndex, offset]));
}
