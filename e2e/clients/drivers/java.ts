import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, ClientActions, ClientSource } from '../model/client.ts';
import { runProgram } from '../run/program.ts';
import { groupActions, placementActions } from './java-admin.ts';
import { consumeWithConsole, produceWithConsole } from './java-records.ts';
import { JavaTools } from './java-tools.ts';
import { kafkaJars } from './kafka-jars.ts';

const NAME = 'kafka-tools';
const NO_JAVA = 'Java 17 or newer is not installed; on Debian and Ubuntu: apt-get install default-jre-headless';
const OLDEST_JAVA = 17;

/** The console tools that come with Apache Kafka. */
export const KAFKA_TOOLS: ClientSource = {
  name: NAME,
  prepare: async () => {
    const java = await javaVersion();
    if (java === undefined || Number.parseInt(java, 10) < OLDEST_JAVA) return { name: NAME, missing: NO_JAVA };
    const jars = await kafkaJars();
    if ('missing' in jars) return { name: NAME, missing: jars.missing };
    const version = `console tools of Apache Kafka ${jars.version} (Java ${java})`;
    const connect = async (bootstrap: string): Promise<Client> => {
      const tools = new JavaTools(jars, java, bootstrap);
      await tools.warmUp();
      const directory = await mkdtemp(join(tmpdir(), 'chronik-kafka-tools-'));
      const close = (): Promise<void> => rm(directory, { recursive: true, force: true });
      return { name: NAME, version, lacks: {}, actions: actions(tools, directory), close };
    };
    return { name: NAME, version, connect };
  },
};

async function javaVersion(): Promise<string | undefined> {
  try {
    const { stderr } = await runProgram('java', ['-version']);
    return /version "([^"]+)"/.exec(stderr)?.[1];
  } catch {
    return undefined;
  }
}

function actions(tools: JavaTools, directory: string): Partial<ClientActions> {
  const topics = async (topic: string, ...args: readonly string[]): Promise<string> =>
    (await tools.run('kafka-topics', ['--topic', topic, ...args])).toString();
  const configs = async (topic: string, ...args: readonly string[]): Promise<string> =>
    (await tools.run('kafka-configs', ['--entity-type', 'topics', '--entity-name', topic, ...args])).toString();
  return {
    createTopic: async ({ name, partitions, configs: settings }) => {
      const flags = [...settings].flatMap(([config, value]) => ['--config', `${config}=${value}`]);
      await topics(name, '--create', '--partitions', String(partitions), ...flags);
    },
    listTopics: async () => linesOf((await tools.run('kafka-topics', ['--list'])).toString()),
    describeTopic: async (topic) => [...(await topics(topic, '--describe')).matchAll(/\tLeader: \d+/g)].length,
    createPartitions: async (topic, total) => {
      await topics(topic, '--alter', '--partitions', String(total));
    },
    deleteTopic: async (topic) => {
      await topics(topic, '--delete');
    },
    produce: (topic, records, variant) => produceWithConsole(tools, topic, records, variant),
    consume: (topic, total) => consumeWithConsole(tools, topic, total, []),
    consumeInGroup: (group, topic, total) => consumeWithConsole(tools, topic, total, ['--group', group]),
    alterConfigs: async (topic, settings) => {
      const list = [...settings].map(([name, value]) => `${name}=${value}`).join(',');
      await configs(topic, '--alter', '--add-config', list);
    },
    describeConfigs: async (topic) => {
      const found = (await configs(topic, '--describe', '--all')).matchAll(/^ {2}([\w.]+)=(.*?) sensitive=/gm);
      return new Map([...found].map(([, name = '', value = '']) => [name, value]));
    },
    ...groupActions(tools),
    ...placementActions(tools, (content) => jsonFile(directory, content)),
  };
}

function linesOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '');
}

async function jsonFile(directory: string, content: unknown): Promise<string> {
  const path = join(directory, 'argument.json');
  await writeFile(path, JSON.stringify(content));
  return path;
}
