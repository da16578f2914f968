// `make e2e-replicas`: a real broker copies its bucket to a store of another kind, with outages of the replica, kill -9 in the middle and
// a bucket that existed before. `PAIR=local-s3` runs one of the pairs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORES } from '../stores/servers.ts';
import type { StoreName } from '../stores/servers.ts';

const SUITE = 'e2e/replicas/copying.ts';
const PAIRS: readonly (readonly [primary: 'local' | StoreName, replica: StoreName])[] = [
  ['local', 's3'],
  ['s3', 'gcs'],
  ['gcs', 'azure'],
];

async function check(primary: 'local' | StoreName, replica: StoreName): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'chronik-replicas-'));
  const stops: (() => Promise<void>)[] = [];
  const start = async (name: StoreName, place: string): Promise<Readonly<Record<string, string>>> => {
    const server = await STORES[name](join(directory, place));
    stops.push(() => server.stop());
    return server.environment;
  };
  try {
    const local = { OBJECT_STORE_BACKEND: 'local', LOCAL_STORAGE_PATH: join(directory, 'bucket') };
    const from = primary === 'local' ? local : await start(primary, 'primary');
    const to = await start(replica, 'replica');
    const prefixed = Object.entries(to).map(([name, value]) => [`CHRONIK_REPLICA_EAST_${name}`, value] as const);
    const { PATH, HOME } = process.env;
    const flags = ['--disable-warning=TimeoutNegativeWarning', '--test', '--test-reporter=spec'];
    const child = spawn(process.execPath, [...flags, SUITE], {
      stdio: 'inherit',
      env: { PATH, HOME, ...from, ...Object.fromEntries(prefixed) },
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  } finally {
    for (const stop of stops) await stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const asked = process.env['PAIR'];
const chosen = PAIRS.filter((pair) => asked === undefined || asked === '' || pair.join('-') === asked);
if (chosen.length === 0) throw new Error(`PAIR=${asked}: one of ${PAIRS.map((pair) => pair.join('-')).join(', ')}`);
const results: string[] = [];
for (const [primary, replica] of chosen) {
  const passed = await check(primary, replica);
  results.push(`${primary} to ${replica}: ${passed ? 'passed' : 'FAILED'}`);
  if (!passed) process.exitCode = 1;
}
process.stdout.write(`${results.join('\n')}\n`);
