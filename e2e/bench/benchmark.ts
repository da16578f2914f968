import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RawLimit } from './measure/raw-limits.ts';
import { chronikPeer } from './peers/chronik-peer.ts';
import { kafkaJars } from './peers/kafka-jars.ts';
import { kafkaPeer } from './peers/kafka-peer.ts';
import { kcatVersion } from './peers/kcat.ts';
import type { Report } from './report/markdown.ts';
import { markdown } from './report/markdown.ts';
import { plot } from './report/plot.ts';
import type { Bench, Effort } from './suites/bench.ts';
import { fetchSuite } from './suites/fetch.ts';
import { latencySuite } from './suites/latency.ts';
import { overloadSuite } from './suites/overload.ts';
import { produceSuite, produceSyncedSuite } from './suites/produce.ts';
import { replicationSuite } from './suites/replication.ts';
import { runLoad } from './suites/run-command.ts';
import { startUpSuite } from './suites/start-up.ts';

const SUITES: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  produce: produceSuite,
  'produce-fsync': produceSyncedSuite,
  fetch: fetchSuite,
  latency: latencySuite,
  'start-up': startUpSuite,
  overload: overloadSuite,
  replication: replicationSuite,
};

const FULL: Effort = { rounds: 5, warmupSeconds: 3, seconds: 10, quick: false };
const QUICK: Effort = { rounds: 1, warmupSeconds: 1, seconds: 2, quick: true };
const RAW_SECONDS = { full: 7, quick: 2 };

const USAGE = `Usage: make bench, or scripts/node e2e/bench/main.ts [flags]
  --quick              a small selection, one round: under 3 minutes
  --only SUITE         one of: ${Object.keys(SUITES).join(', ')} (may be repeated)
  --case TEXT          only cases whose name begins so, e.g. "1 partition," (may be repeated)
  --rounds N           rounds of each measurement
  --seconds N          counted seconds of each measurement
  --no-kafka           without Apache Kafka beside
  --directory D        where brokers keep their files (default: a temporary directory)
  --output D           where results.json, results.md and results.svg go (default: ./bench-results)`;

/** Runs the suites that the flags ask for; prints the tables and writes them with all rounds. */
export async function runBenchmark(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      case: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'no-kafka': { type: 'boolean', default: false },
      directory: { type: 'string' },
      output: { type: 'string', default: 'bench-results' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const names = values.only ?? Object.keys(SUITES);
  const unknown = names.find((name) => SUITES[name] === undefined);
  if (unknown !== undefined) throw new Error(`there is no suite "${unknown}"\n${USAGE}`);
  const base = values.quick ? QUICK : FULL;
  const effort: Effort = {
    ...base,
    rounds: values.rounds === undefined ? base.rounds : Number(values.rounds),
    seconds: values.seconds === undefined ? base.seconds : Number(values.seconds),
  };
  const parent = resolve(values.directory ?? tmpdir());
  await mkdir(parent, { recursive: true });
  const workspace = await mkdtemp(join(parent, 'chronik-bench-'));
  try {
    const wants = (name: string): boolean =>
      values.case.length === 0 || values.case.some((start) => name.startsWith(start));
    const report = await runSuites(names, { effort, workspace, wants }, !values['no-kafka']);
    await publish(report, resolve(values.output));
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function runSuites(
  names: readonly string[],
  about: Pick<Bench, 'effort' | 'workspace' | 'wants'>,
  withKafka: boolean,
): Promise<Report> {
  const { effort, workspace } = about;
  const startedAt = new Date().toISOString();
  const kafka = withKafka ? await kafkaJars() : undefined;
  if (withKafka && kafka === undefined) console.log('No Java or no Maven here: Apache Kafka is left out.');
  const peers = [chronikPeer(), ...(kafka === undefined ? [] : [kafkaPeer(kafka)])];
  const kcat = kcatVersion();
  if (kcat === undefined) console.log('No kcat here: librdkafka is left out.');
  const bench: Bench = { ...about, peers, kafka, kcat, rows: [], say: (text) => console.log(text) };
  const rawLimits: { suite: string; limits: readonly RawLimit[] }[] = [];
  for (const name of names) {
    const seconds = effort.quick ? RAW_SECONDS.quick : RAW_SECONDS.full;
    const directory = join(workspace, 'raw');
    const { result } = await runLoad<readonly RawLimit[]>('raw', { directory, seconds });
    const before = bench.rows.length;
    await SUITES[name]!(bench);
    rawLimits.push({ suite: bench.rows[before]?.suite ?? name, limits: result });
  }
  const guarantees = Object.fromEntries(peers.map((peer) => [peer.name, peer.guarantee]));
  const tools = {
    ...(kafka === undefined ? {} : { 'tools of Kafka': kafka.toolsVersion }),
    ...(kcat === undefined ? {} : { kcat }),
  };
  return { startedAt, machine: { ...machine(), ...tools }, guarantees, rows: bench.rows, rawLimits };
}

function machine(): Readonly<Record<string, string>> {
  const [first] = cpus();
  return {
    cores: `${cpus().length} × ${first?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

async function publish(report: Report, output: string): Promise<void> {
  const text = markdown(report);
  await mkdir(output, { recursive: true });
  await writeFile(join(output, 'results.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(output, 'results.md'), text);
  await writeFile(join(output, 'results.svg'), plot(report.rows));
  console.log(`\n${text}\nWritten to ${join(output, 'results.md')}, results.json and results.svg`);
}
