import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The broker and its tools are published apart; the tools of 4.3.1 are the newest that resolve completely. */
const BROKER_VERSION = process.env['BENCH_KAFKA_VERSION'] ?? '4.4.0';
const TOOLS_VERSION = process.env['BENCH_KAFKA_TOOLS_VERSION'] ?? '4.3.1';

const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
/** Written last, so that a download that was cut short is repeated. */
const COMPLETE = '.complete';

/** Folders with the jars of Apache Kafka. */
export interface KafkaJars {
  readonly version: string;
  readonly brokerLibs: string;
  readonly toolsVersion: string;
  readonly toolsLibs: string;
}

interface Artifact {
  readonly group: string;
  readonly name: string;
  readonly version: string;
}

/** Fetches the jars into ~/.cache/chronik with Maven, unless they are there. Undefined where there is no Java or no Maven. */
export async function kafkaJars(): Promise<KafkaJars | undefined> {
  if (!(await answers('java', '-version'))) return undefined;
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'chronik');
  const brokerLibs = join(cache, `kafka-broker-${BROKER_VERSION}`, 'libs');
  const toolsLibs = join(cache, `kafka-tools-${TOOLS_VERSION}`, 'libs');
  const missing = [brokerLibs, toolsLibs].some((libs) => !existsSync(join(libs, COMPLETE)));
  if (missing && !(await answers('mvn', '--version'))) return undefined;
  await fetchLibs(brokerLibs, kafka(BROKER_VERSION, 'kafka_2.13', 'kafka-server'));
  await fetchLibs(toolsLibs, kafka(TOOLS_VERSION, 'kafka-tools', 'kafka-clients'));
  return { version: BROKER_VERSION, brokerLibs, toolsVersion: TOOLS_VERSION, toolsLibs };
}

function kafka(version: string, ...names: readonly string[]): readonly Artifact[] {
  return names.map((name) => ({ group: 'org.apache.kafka', name, version }));
}

async function fetchLibs(libs: string, artifacts: readonly Artifact[]): Promise<void> {
  if (existsSync(join(libs, COMPLETE))) return;
  console.error(`Fetching ${artifacts.map(({ name, version }) => `${name} ${version}`).join(', ')} with Maven`);
  await mkdir(libs, { recursive: true });
  await copyDependencies(libs, artifacts, ['-DincludeScope=runtime']);
  // The binding that Kafka's own archive ships: without it the broker logs nothing.
  const log4j = /^log4j-core-(.*)\.jar$/m.exec((await readdir(libs)).join('\n'))?.[1];
  if (log4j !== undefined) {
    const binding = { group: 'org.apache.logging.log4j', name: 'log4j-slf4j-impl', version: log4j };
    await copyDependencies(libs, [binding], ['-DexcludeTransitive=true']);
  }
  await writeFile(join(libs, COMPLETE), '');
}

async function copyDependencies(
  libs: string,
  artifacts: readonly Artifact[],
  options: readonly string[],
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'chronik-bench-mvn-'));
  try {
    await writeFile(join(directory, 'pom.xml'), pom(artifacts));
    const maven = spawn('mvn', ['-q', '-B', COPY_DEPENDENCIES, `-DoutputDirectory=${libs}`, ...options], {
      cwd: directory,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = (await once(maven, 'close')) as [number | null];
    if (code !== 0) throw new Error(`mvn ended with exit code ${String(code)}; its messages are above`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function pom(artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map(
    ({ group, name, version }) =>
      `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`,
  );
  return [
    '<project><modelVersion>4.0.0</modelVersion><groupId>bench</groupId><artifactId>bench</artifactId><version>1</version>',
    `<dependencies>${dependencies.join('')}</dependencies></project>`,
  ].join('');
}

async function answers(program: string, flag: string): Promise<boolean> {
  const child = spawn(program, [flag], { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}
