// `make e2e-stores`: the contract of ObjectStore and the boot probe against real servers, each started here, by the
// environment variables that a user would set. `STORE=s3` (s3-tls, gcs, azure) runs one of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORES } from './servers.ts';
import type { StoreName } from './servers.ts';

const SUITE = 'broker/test/store/configured-store.ts';

async function check(name: StoreName): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), `chronik-${name}-`));
  try {
    const server = await STORES[name](directory);
    try {
      const child = spawn(process.execPath, ['--test', '--test-reporter=spec', SUITE], {
        stdio: 'inherit',
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...server.environment },
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      return code === 0;
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const names = Object.keys(STORES) as readonly StoreName[];
const asked = process.env['STORE'];
const chosen = names.filter((name) => asked === undefined || asked === '' || asked === name);
if (chosen.length === 0) throw new Error(`STORE=${asked}: one of ${names.join(', ')}`);
const results: string[] = [];
for (const name of chosen) {
  const passed = await check(name);
  results.push(`${name}: ${passed ? 'passed' : 'FAILED'}`);
  if (!passed) process.exitCode = 1;
}
process.stdout.write(`${results.join('\n')}\n`);
