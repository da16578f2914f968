import type { ClientActions, Offsets } from '../model/client.ts';
import type { JavaTools } from './java-tools.ts';

const FIRST = '-2';
const END = '-1';

interface LogDirs {
  readonly brokers: readonly {
    readonly logDirs: readonly { readonly error: string | null; readonly partitions: readonly unknown[] }[];
  }[];
}

export function groupActions(tools: JavaTools): Partial<ClientActions> {
  const groups = async (...args: readonly string[]): Promise<string> =>
    (await tools.run('kafka-consumer-groups', args)).toString();
  return {
    listGroups: async () => (await groups('--list')).split('\n').filter((line) => line !== ''),
    describeGroup: async (group, topic) => {
      const rows = (await groups('--describe', '--group', group)).split('\n').map((line) => line.trim().split(/\s+/));
      const found = rows.filter(([, name]) => name === topic);
      return new Map(found.map(([, , partition, offset]) => [Number(partition), offset === '-' ? -1 : Number(offset)]));
    },
    resetOffsets: async (group, topic) => {
      await groups('--group', group, '--topic', topic, '--reset-offsets', '--to-earliest', '--execute');
    },
    deleteGroup: async (group) => {
      await groups('--delete', '--group', group);
    },
  };
}

/** `jsonFile` writes a value into a file for the tools that take their argument so. */
export function placementActions(
  tools: JavaTools,
  jsonFile: (content: unknown) => Promise<string>,
): Partial<ClientActions> {
  const run = async (...args: Parameters<JavaTools['run']>): Promise<string> => (await tools.run(...args)).toString();
  return {
    describeCluster: async () => {
      const id = /Cluster ID: (\S+)/.exec(await run('kafka-cluster', ['cluster-id']))?.[1];
      const rows = (await run('kafka-cluster', ['list-endpoints'])).split('\n').map((line) => line.trim().split(/\s+/));
      const brokers = rows.filter((row) => row.at(-1) === 'broker').map(([, host, port]) => `${host}:${port}`);
      return { clusterId: id, brokers };
    },
    apiVersions: async () => {
      const listed = (await run('kafka-broker-api-versions', [])).matchAll(/^\t(\w+)\(\d+\): .*usable/gm);
      return [...listed].map(([, name = '']) => name);
    },
    listOffsets: async (topic) => {
      const ask = async (time: string): Promise<Offsets> => {
        const rows = (await run('kafka-get-offsets', ['--topic', topic, '--time', time])).matchAll(/:(\d+):(\d+)$/gm);
        return new Map([...rows].map(([, partition, offset]) => [Number(partition), Number(offset)]));
      };
      const [first, end] = [await ask(FIRST), await ask(END)];
      return new Map(
        [...first].map(([partition, offset]) => [partition, { first: offset, end: end.get(partition) ?? -1 }]),
      );
    },
    deleteRecords: async (topic, partition, before) => {
      const file = await jsonFile({ version: 1, partitions: [{ topic, partition, offset: before }] });
      await run('kafka-delete-records', ['--offset-json-file', file]);
    },
    logDirs: async (topic) => {
      const output = await run('kafka-log-dirs', ['--describe', '--topic-list', topic]);
      const answer = JSON.parse(output.slice(output.indexOf('{'))) as LogDirs;
      const directories = answer.brokers.flatMap(({ logDirs }) => logDirs);
      for (const { error } of directories) if (error !== null) throw new Error(error);
      return directories.flatMap(({ partitions }) => partitions).length;
    },
    electLeaders: async (topic, partition) => {
      const where = ['--topic', topic, '--partition', String(partition)];
      const output = await run('kafka-leader-election', ['--election-type', 'preferred', ...where]);
      if (!/(already elected|Successfully completed)/.test(output)) throw new Error(output);
    },
    reassignPartitions: async (topic, partition, broker) => {
      const file = await jsonFile({ version: 1, partitions: [{ topic, partition, replicas: [broker] }] });
      await run('kafka-reassign-partitions', ['--reassignment-json-file', file, '--execute']);
      const verified = await run('kafka-reassign-partitions', ['--reassignment-json-file', file, '--verify']);
      if (!verified.includes(`Reassignment of partition ${topic}-${partition} is completed`)) throw new Error(verified);
    },
  };
}
