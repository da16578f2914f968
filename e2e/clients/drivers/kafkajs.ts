import kafkajs from 'kafkajs';
import type { Admin, Kafka } from 'kafkajs';
import type { Client, ClientActions, ClientSource } from '../model/client.ts';
import { consumeWithKafkajs, produceWithKafkajs } from './kafkajs-records.ts';
import { groupActions } from './kafkajs-groups.ts';

const NO_SUCH_CALL = 'the admin client of kafkajs has no such call';
const VERSION = 'kafkajs 2.2.4';

export const KAFKAJS: ClientSource = {
  name: 'kafkajs',
  prepare: () => Promise.resolve({ name: 'kafkajs', version: VERSION, connect }),
};

async function connect(bootstrap: string): Promise<Client> {
  const retry = { retries: 2, initialRetryTime: 200 };
  const kafka = new kafkajs.Kafka({
    clientId: 'clients',
    brokers: [bootstrap],
    logLevel: kafkajs.logLevel.NOTHING,
    retry,
  });
  const admin = kafka.admin();
  await admin.connect();
  return {
    name: 'kafkajs',
    version: VERSION,
    actions: { ...topicActions(admin), ...recordActions(kafka), ...groupActions(admin) },
    lacks: {
      'api-versions': 'kafkajs negotiates versions, but does not tell them',
      'log-dirs': NO_SUCH_CALL,
      'elect-leaders': NO_SUCH_CALL,
    },
    close: () => admin.disconnect(),
  };
}

function recordActions(kafka: Kafka): Partial<ClientActions> {
  let readers = 0;
  return {
    produce: (topic, records, variant) => produceWithKafkajs(kafka, topic, records, variant),
    // kafkajs reads in groups only.
    consume: (topic, total) =>
      consumeWithKafkajs(kafka, `kafkajs-reader-${process.pid}-${(readers += 1)}`, topic, total, false),
    consumeInGroup: (group, topic, total) => consumeWithKafkajs(kafka, group, topic, total, true),
  };
}

function topicActions(admin: Admin): Partial<ClientActions> {
  const resource = (topic: string): { readonly type: number; readonly name: string } => ({
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: topic,
  });
  const entries = (configs: ReadonlyMap<string, string>): { name: string; value: string }[] =>
    [...configs].map(([name, value]) => ({ name, value }));
  return {
    describeCluster: async () => {
      const { brokers, clusterId } = await admin.describeCluster();
      return { clusterId, brokers: brokers.map(({ host, port }) => `${host}:${port}`) };
    },
    createTopic: async ({ name, partitions, configs }) => {
      const topics = [{ topic: name, numPartitions: partitions, configEntries: entries(configs) }];
      await admin.createTopics({ waitForLeaders: true, topics });
    },
    listTopics: () => admin.listTopics(),
    describeTopic: async (topic) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics.flatMap(({ partitions }) => partitions).filter(({ leader }) => leader >= 0).length;
    },
    alterConfigs: async (topic, configs) => {
      const resources = [{ ...resource(topic), configEntries: entries(configs) }];
      await admin.alterConfigs({ validateOnly: false, resources });
    },
    describeConfigs: async (topic) => {
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource(topic)] });
      return new Map(
        resources.flatMap(({ configEntries }) =>
          configEntries.map(({ configName, configValue }) => [configName, configValue]),
        ),
      );
    },
    createPartitions: async (topic, total) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count: total }] });
    },
    listOffsets: async (topic) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(offsets.map(({ partition, low, high }) => [partition, { first: Number(low), end: Number(high) }]));
    },
    deleteRecords: (topic, partition, before) =>
      admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] }),
    deleteTopic: (topic) => admin.deleteTopics({ topics: [topic] }),
    reassignPartitions: async (topic, partition, broker) => {
      const partitionAssignment = [{ partition, replicas: [broker] }];
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
    },
  };
}
