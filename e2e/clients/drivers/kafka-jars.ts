import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../run/cache.ts';
import { runProgram } from '../run/program.ts';

/** The newest that resolves completely: the tools are published later than the broker. */
const DEFAULT_VERSION = '4.3.1';
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const INSTALL_TIMEOUT_MS = 300_000;

export interface KafkaJars {
  readonly version: string;
  /** The directory with all jars. */
  readonly libs: string;
}

/** The jars of Apache Kafka's command-line tools, resolved once by Maven. */
export async function kafkaJars(): Promise<KafkaJars | { readonly missing: string }> {
  const version = process.env['KAFKA_TOOLS_VERSION'] ?? DEFAULT_VERSION;
  const libs = cacheDirectory(`kafka-tools-${version}`, 'libs');
  // Written last, so that a download that was cut short is repeated.
  const complete = join(libs, '.complete-tools');
  if (existsSync(complete)) return { version, libs };
  try {
    await runProgram('mvn', ['--version']);
  } catch {
    return { missing: 'Maven is not installed, which fetches the tools; on Debian and Ubuntu: apt-get install maven' };
  }
  console.log(`  fetching the tools of Apache Kafka ${version} (once)`);
  try {
    await fetchInto(libs, version);
  } catch (error) {
    return { missing: `the tools cannot be fetched: ${error instanceof Error ? error.message : String(error)}` };
  }
  await writeFile(complete, '');
  return { version, libs };
}

async function fetchInto(libs: string, version: string): Promise<void> {
  await mkdir(libs, { recursive: true });
  const directory = await mkdtemp(join(tmpdir(), 'chronik-maven-'));
  try {
    await writeFile(join(directory, 'pom.xml'), pom(version));
    const args = ['-q', '-B', COPY_DEPENDENCIES, '-DincludeScope=runtime', `-DoutputDirectory=${libs}`];
    await runProgram('mvn', args, { cwd: directory, timeoutMs: INSTALL_TIMEOUT_MS });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** `kafka-tools` has most of the tools, `kafka_2.13` has kafka-configs. */
function pom(version: string): string {
  const dependencies = ['kafka-tools', 'kafka_2.13'].map(
    (name) =>
      `<dependency><groupId>org.apache.kafka</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`,
  );
  return [
    '<project><modelVersion>4.0.0</modelVersion><groupId>chronik</groupId><artifactId>tools</artifactId>',
    `<version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`,
  ].join('');
}
