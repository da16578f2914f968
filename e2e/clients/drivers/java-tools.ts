import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../run/program.ts';
import type { KafkaJars } from './kafka-jars.ts';

const LOGGING = fileURLToPath(new URL('../java/log4j2.properties', import.meta.url));
const TIMEOUT_MS = 60_000;

/** The main class behind each of Kafka's scripts. */
const MAIN = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
} as const;

export type KafkaTool = keyof typeof MAIN;

/** Kafka's own command-line tools against one broker, each run in a JVM of its own as its script would. */
export class JavaTools {
  readonly #jars: KafkaJars;
  readonly #bootstrap: string;
  /** Classes as one JVM loaded them: a start takes half the time with it. */
  readonly #archive: string;

  constructor(jars: KafkaJars, javaVersion: string, bootstrap: string) {
    this.#jars = jars;
    this.#bootstrap = bootstrap;
    this.#archive = join(jars.libs, '..', `classes-${javaVersion}.jsa`);
  }

  /** Writes the archive of classes, once for each version of Java. Does without where Java cannot do it. */
  async warmUp(): Promise<void> {
    if (existsSync(this.#archive)) return;
    await this.#java([`-XX:ArchiveClassesAtExit=${this.#archive}`], 'kafka-topics', ['--list']).catch(() => undefined);
  }

  /** What the tool wrote to standard output. Fails with what it said when it ends with another code than 0. */
  run(tool: KafkaTool, args: readonly string[], input?: Buffer): Promise<Buffer> {
    return this.#java([`-XX:SharedArchiveFile=${this.#archive}`], tool, args, input);
  }

  async #java(archive: readonly string[], tool: KafkaTool, args: readonly string[], input?: Buffer): Promise<Buffer> {
    const { stdout } = await runProgram(
      'java',
      [
        '-Xmx256m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Xlog:disable',
        ...archive,
        `-Dlog4j2.configurationFile=${LOGGING}`,
        '-cp',
        join(this.#jars.libs, '*'),
        MAIN[tool],
        ...subcommandFirst(tool, args, this.#bootstrap),
      ],
      { timeoutMs: TIMEOUT_MS, ...(input === undefined ? {} : { input }) },
    );
    return stdout;
  }
}

/** kafka-cluster alone wants its sub-command before everything else. */
function subcommandFirst(tool: KafkaTool, args: readonly string[], bootstrap: string): readonly string[] {
  const server = ['--bootstrap-server', bootstrap];
  return tool === 'kafka-cluster' ? [...args, ...server] : [...server, ...args];
}
