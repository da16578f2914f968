import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaJars } from './kafka-jars.ts';
import type { Peer, RunningPeer } from './peer.ts';
import { StablePorts } from './stable-ports.ts';

/** The memory and garbage collector options of Kafka's own start script. */
const JVM_OPTIONS = [
  '-Xms1g',
  '-Xmx1g',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
];

/** Kafka as it comes: acknowledged from the page cache. */
export function kafkaPeer(jars: KafkaJars): Peer {
  return peer(jars, `Kafka ${jars.version}`, 'acks=1 and all: written to the page cache, not synced', []);
}

/** Kafka that syncs each batch before it acknowledges. */
export function syncingKafkaPeer(jars: KafkaJars): Peer {
  const name = `Kafka ${jars.version}, flush.messages=1`;
  return peer(jars, name, 'acks=1 and all: fsync', ['log.flush.interval.messages=1']);
}

function peer(jars: KafkaJars, name: string, guarantee: string, settings: readonly string[]): Peer {
  const ports = new StablePorts();
  return {
    name,
    guarantee,
    launch: async (directory) => launch(jars, { name, directory, settings, ports: await ports.of(directory) }),
    loseDisk: undefined,
  };
}

async function launch(
  jars: KafkaJars,
  about: {
    readonly name: string;
    readonly directory: string;
    readonly settings: readonly string[];
    readonly ports: readonly [number, number];
  },
): Promise<RunningPeer> {
  const { name, directory, settings, ports } = about;
  const [port, controllerPort] = ports;
  const properties = join(directory, 'server.properties');
  const log4j = join(directory, 'log4j2.yaml');
  await mkdir(directory, { recursive: true });
  await writeFile(properties, serverProperties(port, controllerPort, directory, settings));
  await writeFile(log4j, log4jConfiguration(join(directory, 'server.log')));
  const java = ['-cp', `${jars.brokerLibs}/*`, `-Dlog4j2.configurationFile=${log4j}`];
  const output = openSync(join(directory, 'stdout.log'), 'a');
  const stdio: ['ignore', number, number] = ['ignore', output, output];
  if (!existsSync(join(directory, 'data', 'meta.properties'))) {
    const id = randomBytes(16).toString('base64url');
    const format = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', properties];
    const [code] = (await once(spawn('java', [...java, ...format], { stdio }), 'close')) as [number | null];
    if (code !== 0) throw new Error(`Kafka could not format its directory; see ${directory}/stdout.log`);
  }
  const child = spawn('java', [...JVM_OPTIONS, ...java, 'kafka.Kafka', properties], { stdio });
  const ended = once(child, 'close');
  return {
    name,
    bootstrap: `127.0.0.1:${port}`,
    pid: child.pid ?? -1,
    stop: () => end(child, ended, 'SIGTERM'),
    kill: () => end(child, ended, 'SIGKILL'),
  };
}

async function end(child: ChildProcess, ended: Promise<unknown>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await ended;
}

function serverProperties(
  port: number,
  controllerPort: number,
  directory: string,
  settings: readonly string[],
): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${join(directory, 'data')}`,
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'default.replication.factor=1',
    'min.insync.replicas=1',
    'group.initial.rebalance.delay.ms=0',
    ...settings,
    '',
  ].join('\n');
}

function log4jConfiguration(file: string): string {
  return [
    'Configuration:',
    '  Appenders:',
    `    File: {name: F, fileName: "${file}", append: true, PatternLayout: {pattern: "[%d] %p %m (%c)%n"}}`,
    '  Loggers:',
    '    Root: {level: INFO, AppenderRef: {ref: F}}',
    '',
  ].join('\n');
}
