import { brokerConfig } from '../config-defs/effective.ts';
import type { ConfigScope } from '../config-defs/effective.ts';
import type { TopicCreated } from '../event.ts';
import type { MetadataImage } from '../image.ts';
import type { MetadataUpdate } from '../metadata-log.ts';
import { collisionKey, invalidTopicName, isInternalTopic } from '../topic-name.ts';
import { placeManually, placePartitions } from './placement.ts';
import { duplicates, refused } from './result.ts';
import type { Refused } from './result.ts';
import { checkTopicConfig } from './topic-config-rules.ts';

export interface NewTopic {
  readonly name: string;
  /** -1: the default, or as many as `assignments` says. */
  readonly numPartitions: number;
  /** -1: the default, or as `assignments` says. */
  readonly replicationFactor: number;
  /** Empty: the controller chooses. */
  readonly assignments: readonly { readonly partition: number; readonly brokers: readonly number[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface CreatedTopic {
  readonly outcome: 'created';
  readonly topicId: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  /** What was set explicitly. */
  readonly configs: ReadonlyMap<string, string>;
}

export type CreateTopicResult = { readonly name: string } & (CreatedTopic | Refused);

export interface CreateTopicsOptions {
  /** For the defaults. */
  readonly scope: Omit<ConfigScope, 'image'>;
  /** A fresh topic id. */
  readonly newTopicId: () => string;
  /** The broker creates a topic of its own. */
  readonly internal?: boolean;
}

/** As Kafka limits what one request may create. */
const MAX_PARTITIONS_PER_REQUEST = 10_000;

/** Creates each topic, or says why not; a topic of the request counts as there for those after it. */
export function createTopics(
  image: MetadataImage,
  topics: readonly NewTopic[],
  options: CreateTopicsOptions,
): MetadataUpdate<readonly CreateTopicResult[]> {
  const twice = duplicates(topics.map(({ name }) => name));
  const events: TopicCreated[] = [];
  const result = topics.map((topic): CreateTopicResult => {
    const { name } = topic;
    if (twice.has(name)) return { name, ...refused('INVALID_REQUEST', 'Duplicate topic name.') };
    const created = createTopic(image, topic, options, events);
    if ('outcome' in created) return { name, ...created };
    events.push(created);
    const { topicId, partitions, configs } = created;
    const replicationFactor = partitions[0]?.replicas.length ?? 0;
    return { name, outcome: 'created', topicId, numPartitions: partitions.length, replicationFactor, configs };
  });
  return { events, result };
}

function createTopic(
  image: MetadataImage,
  topic: NewTopic,
  options: CreateTopicsOptions,
  before: readonly TopicCreated[],
): TopicCreated | Refused {
  const wrongName = checkName(image, topic.name, options.internal === true, before);
  if (wrongName !== undefined) return wrongName;
  const placed = place(image, topic, { image, ...options.scope }, before);
  if (placed.outcome === 'refused') return placed;
  const configs = new Map<string, string>();
  for (const { name, value } of topic.configs) {
    if (value === null) return refused('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`);
    const wrong = checkTopicConfig(topic.name, name, value);
    if (wrong !== undefined) return refused('INVALID_CONFIG', wrong);
    configs.set(name, value);
  }
  return {
    kind: 'topicCreated',
    name: topic.name,
    topicId: options.newTopicId(),
    partitions: placed.partitions,
    configs,
  };
}

function checkName(
  image: MetadataImage,
  name: string,
  internal: boolean,
  before: readonly TopicCreated[],
): Refused | undefined {
  const wrong = invalidTopicName(name);
  if (wrong !== undefined) return refused('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${wrong}`);
  if (image.topic(name) !== undefined) return refused('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  if (isInternalTopic(name) && !internal) {
    return refused('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: '${name}' is created by the broker itself`);
  }
  const collision = collidingTopic(image, name, before);
  if (collision === undefined) return undefined;
  return refused('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${collision}`);
}

function collidingTopic(image: MetadataImage, name: string, before: readonly TopicCreated[]): string | undefined {
  if (!/[._]/.test(name)) return undefined;
  const key = collisionKey(name);
  for (const other of image.topics()) if (collisionKey(other.name) === key) return other.name;
  return before.find((other) => collisionKey(other.name) === key)?.name;
}

function place(
  image: MetadataImage,
  { assignments, numPartitions, replicationFactor }: NewTopic,
  scope: ConfigScope,
  before: readonly TopicCreated[],
): ReturnType<typeof placePartitions> {
  if (assignments.length > 0) return placeAsAssigned(image, assignments, numPartitions, replicationFactor);
  const count = numPartitions === -1 ? Number(brokerConfig(scope, 'num.partitions')) : numPartitions;
  if (count < 1) return refused('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.');
  const factor =
    replicationFactor === -1 ? Number(brokerConfig(scope, 'default.replication.factor')) : replicationFactor;
  if (factor < 1) {
    return refused('INVALID_REPLICATION_FACTOR', 'Replication factor was set to an invalid non-positive value.');
  }
  const already = before.reduce((sum, { partitions }) => sum + partitions.length, 0);
  if (already + count > MAX_PARTITIONS_PER_REQUEST) {
    return refused('POLICY_VIOLATION', 'Excessively large number of partitions per request.');
  }
  // Topics of one request begin at different brokers.
  return placePartitions(image, count, factor, before.length);
}

function placeAsAssigned(
  image: MetadataImage,
  assignments: NewTopic['assignments'],
  numPartitions: number,
  replicationFactor: number,
): ReturnType<typeof placePartitions> {
  for (const [value, what] of [
    [replicationFactor, 'replication factor'],
    [numPartitions, 'numPartitions'],
  ] as const) {
    if (value !== -1) {
      return refused('INVALID_REQUEST', `A manual partition assignment was specified, but ${what} was not set to -1.`);
    }
  }
  const ordered = assignments.toSorted((a, b) => a.partition - b.partition);
  if (ordered.some(({ partition }, index) => partition !== index)) {
    return refused('INVALID_REPLICA_ASSIGNMENT', 'partitions should be a consecutive 0-based integer sequence.');
  }
  return placeManually(
    image,
    ordered.map(({ brokers }) => brokers),
  );
}
