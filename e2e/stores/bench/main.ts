// `make bench-stores`: the adapters beside the SDKs they are built on, against real servers started here. Writes the section
// "Stores" of docs/benchmarks.md; `STORE=s3` (gcs, azure) measures and prints one of them.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { STORES } from '../servers.ts';
import { storesSection, withSection } from './section.ts';
import type { Cell } from './section.ts';

const SUITE = 'broker/test/store/store-bench.ts';
const PAGE = 'docs/benchmarks.md';
const SERVERS = { s3: 'MinIO', gcs: 'fake-gcs-server', azure: 'Azurite' } as const;
type Measured = keyof typeof SERVERS;

async function measure(name: Measured): Promise<readonly Cell[]> {
  const directory = mkdtempSync(join(tmpdir(), `chronik-bench-${name}-`));
  try {
    const server = await STORES[name](directory);
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=DEP0169', SUITE], {
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...server.environment },
      });
      return JSON.parse(stdout) as readonly Cell[];
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const asked = process.env['STORE'] ?? '';
const names = (Object.keys(SERVERS) as readonly Measured[]).filter((name) => asked === '' || asked === name);
if (names.length === 0) throw new Error(`STORE=${asked}: one of ${Object.keys(SERVERS).join(', ')}`);
const tables: (readonly [string, readonly Cell[]])[] = [];
for (const name of names) {
  process.stdout.write(`measuring ${SERVERS[name]}\n`);
  tables.push([SERVERS[name], await measure(name)]);
}
const machine = `${availableParallelism()} cores, ${platform()} ${arch()}, Node.js ${process.version}`;
const section = storesSection(tables, machine, new Date().toISOString().slice(0, 10));
process.stdout.write(`\n${section}`);
if (asked === '') {
  writeFileSync(PAGE, withSection(readPage(), section));
  process.stdout.write(`\nwritten to ${PAGE}\n`);
}

function readPage(): string {
  try {
    return readFileSync(PAGE, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '# Benchmarks\n';
  }
}
