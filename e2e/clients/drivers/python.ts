import { fileURLToPath } from 'node:url';
import type { Client, ClientActions, ClientSource, ClusterFacts } from '../model/client.ts';
import type { Operation } from '../model/operations.ts';
import type { Header, RecordToWrite, SeenRecord } from '../model/records.ts';
import { LineWorker } from './line-worker.ts';
import { pythonEnvironment } from './python-environment.ts';

/** Records on their way to and from Python: bytes as base64. */
interface RecordAsText {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string])[];
}

interface SeenAsText extends RecordAsText {
  readonly partition: number;
  readonly offset: number;
}

interface PythonClient {
  readonly name: string;
  readonly script: string;
  readonly lacks: Readonly<Partial<Record<Operation, string>>>;
}

const CONFLUENT: PythonClient = {
  name: 'confluent-kafka',
  script: 'confluent_worker.py',
  lacks: {
    'api-versions': 'librdkafka negotiates versions, but does not tell them',
    'log-dirs': 'the admin client of confluent-kafka has no such call',
    'reassign-partitions': 'the admin client of confluent-kafka has no such call',
  },
};

const KAFKA_PYTHON: PythonClient = { name: 'kafka-python', script: 'kafka_python_worker.py', lacks: {} };

export const PYTHON_CLIENTS: readonly ClientSource[] = [CONFLUENT, KAFKA_PYTHON].map((client) => ({
  name: client.name,
  prepare: async () => {
    const environment = await pythonEnvironment();
    if ('missing' in environment) return { name: client.name, missing: environment.missing };
    const version = `${client.name} ${environment.versions.get(client.name)} (Python ${environment.versions.get('python')})`;
    const connect = (bootstrap: string): Promise<Client> =>
      Promise.resolve(started(client, version, environment.python, bootstrap));
    return { name: client.name, version, connect };
  },
}));

function started(client: PythonClient, version: string, python: string, bootstrap: string): Client {
  const script = fileURLToPath(new URL(`../python/${client.script}`, import.meta.url));
  const worker = new LineWorker(python, ['-B', '-u', script, bootstrap]);
  return { name: client.name, version, lacks: client.lacks, actions: actions(worker), close: () => worker.close() };
}

function actions(worker: LineWorker): ClientActions {
  const nothing = async (action: string, ...args: readonly unknown[]): Promise<void> => {
    await worker.ask(action, ...args);
  };
  const names = async (action: string): Promise<readonly string[]> => (await worker.ask(action)) as readonly string[];
  const read = async (action: string, ...args: readonly unknown[]): Promise<readonly SeenRecord[]> =>
    ((await worker.ask(action, ...args)) as readonly SeenAsText[]).map(toSeen);
  return {
    describeCluster: async () => (await worker.ask('describeCluster')) as ClusterFacts,
    apiVersions: () => names('apiVersions'),
    createTopic: ({ name, partitions, configs }) =>
      nothing('createTopic', name, partitions, Object.fromEntries(configs)),
    listTopics: () => names('listTopics'),
    describeTopic: async (topic) => (await worker.ask('describeTopic', topic)) as number,
    produce: (topic, records, { acks, codec, idempotent }) =>
      nothing('produce', topic, records.map(toText), acks, codec, idempotent),
    consume: (topic, total) => read('consume', topic, total),
    consumeInGroup: (group, topic, total) => read('consumeInGroup', group, topic, total),
    listGroups: () => names('listGroups'),
    describeGroup: async (group, topic) =>
      new Map((await worker.ask('describeGroup', group, topic)) as [number, number][]),
    resetOffsets: (group, topic) => nothing('resetOffsets', group, topic),
    deleteGroup: (group) => nothing('deleteGroup', group),
    alterConfigs: (topic, configs) => nothing('alterConfigs', topic, Object.fromEntries(configs)),
    describeConfigs: async (topic) =>
      new Map(Object.entries((await worker.ask('describeConfigs', topic)) as Record<string, string>)),
    createPartitions: (topic, total) => nothing('createPartitions', topic, total),
    listOffsets: async (topic) => {
      const rows = (await worker.ask('listOffsets', topic)) as [number, number, number][];
      return new Map(rows.map(([partition, first, end]) => [partition, { first, end }]));
    },
    deleteRecords: (topic, partition, before) => nothing('deleteRecords', topic, partition, before),
    deleteTopic: (topic) => nothing('deleteTopic', topic),
    logDirs: async (topic) => (await worker.ask('logDirs', topic)) as number,
    electLeaders: (topic, partition) => nothing('electLeaders', topic, partition),
    reassignPartitions: (topic, partition, broker) => nothing('reassignPartitions', topic, partition, broker),
  };
}

function toText({ key, value, headers }: RecordToWrite): RecordAsText {
  return {
    key: key.toString('base64'),
    value: value === null ? null : value.toString('base64'),
    headers: headers.map(([name, content]) => [name, content.toString('base64')]),
  };
}

function toSeen({ partition, offset, key, value, headers }: SeenAsText): SeenRecord {
  return {
    partition,
    offset,
    key: key === null ? null : Buffer.from(key, 'base64'),
    value: value === null ? null : Buffer.from(value, 'base64'),
    headers: headers.map(([name, content]): Header => [name, Buffer.from(content, 'base64')]),
  };
}
