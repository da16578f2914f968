// `make bench-stores`: the adapters beside the SDKs they are built on, and acknowledgements beside plain PUTs, against real servers
// started here. Writes the tables of docs/benchmarks.md; `STORE=s3` (gcs, azure) measures one of them, `PART=requests` or `acks`
// one thing (acks only for all stores at once), `BENCH_CASES='put 4096 32,get 1048576 8'` only these, and writes nothing.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { STORES } from '../servers.ts';
import { measureAcks } from './acks.ts';
import { acksPart, requestsPart, withPart } from './section.ts';
import type { AckFigures, Cell } from './section.ts';

const SUITE = 'broker/test/store/store-bench.ts';
const PAGE = 'docs/benchmarks.md';
const SERVERS = { s3: 'MinIO', gcs: 'fake-gcs-server', azure: 'Azurite' } as const;
type Measured = keyof typeof SERVERS;

async function withStore<T>(
  name: Measured,
  measure: (environment: Readonly<Record<string, string>>, directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), `chronik-bench-${name}-`));
  try {
    const server = await STORES[name](directory);
    try {
      return await measure(server.environment, directory);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measureRequests(environment: Readonly<Record<string, string>>): Promise<readonly Cell[]> {
  const { PATH, HOME, BENCH_SECONDS, BENCH_CASES } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=DEP0169', SUITE], {
    env: {
      PATH,
      HOME,
      ...(BENCH_SECONDS === undefined ? {} : { BENCH_SECONDS }),
      ...(BENCH_CASES === undefined ? {} : { BENCH_CASES }),
      ...environment,
    },
  });
  return JSON.parse(stdout) as readonly Cell[];
}

function write(title: string, part: string): void {
  process.stdout.write(`\n### ${title}\n\n${part}`);
  // A part of a table is for whoever asked for it.
  if (process.env['BENCH_CASES'] !== undefined) return;
  writeFileSync(PAGE, withPart(readFileSync(PAGE, 'utf8'), title, part));
}

const { STORE: store = '', PART: part = '' } = process.env;
const names = (Object.keys(SERVERS) as readonly Measured[]).filter((name) => store === '' || store === name);
if (names.length === 0) throw new Error(`STORE=${store}: one of ${Object.keys(SERVERS).join(', ')}`);
if (!['', 'requests', 'acks'].includes(part)) throw new Error(`PART=${part}: requests or acks`);
const machine = `${availableParallelism()} cores, ${platform()} ${arch()}, Node.js ${process.version}`;
const measured = `Measured ${new Date().toISOString().slice(0, 10)}, client and server on one machine (${machine}).`;
if (part !== 'acks') {
  for (const name of names) write(SERVERS[name], requestsPart(await withStore(name, measureRequests), measured));
}
if (part !== 'requests' && store === '') {
  const figures: (readonly [string, AckFigures])[] = [];
  for (const name of names) figures.push([SERVERS[name], await withStore(name, measureAcks)]);
  write('Acknowledgements beside plain PUTs', acksPart(figures, measured));
}
if (process.env['BENCH_CASES'] === undefined) process.stdout.write(`\nwritten to ${PAGE}\n`);
