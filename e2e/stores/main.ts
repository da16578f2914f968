// `make e2e-stores`: the contract of ObjectStore and the boot probe against real servers, each started here, by the
// environment variables that a user would set, and a broker on each with a bad network between. `STORE=s3` (s3-tls, gcs,
// azure, azure-tls) runs one of them; STORE_OUTAGE_SECONDS is how long the store is away (5).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORES } from './servers.ts';
import type { StoreName } from './servers.ts';

const CONTRACT = 'broker/test/store/configured-store.ts';
/** Faults are injected into plain HTTP. */
const ON_PLAIN_HTTP = ['e2e/stores/faults.ts', 'e2e/stores/bad-days.ts'];
const ON_TLS = 'e2e/stores/tls.ts';

async function check(name: StoreName): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), `chronik-${name}-`));
  try {
    const server = await STORES[name](directory);
    try {
      const suites = name.endsWith('-tls') ? [CONTRACT, ON_TLS] : [CONTRACT, ...ON_PLAIN_HTTP];
      const { PATH, HOME, STORE_OUTAGE_SECONDS } = process.env;
      const flags = ['--disable-warning=TimeoutNegativeWarning', '--test', '--test-reporter=spec'];
      const child = spawn(process.execPath, [...flags, '--test-concurrency=1', ...suites], {
        stdio: 'inherit',
        env: {
          PATH,
          HOME,
          ...(STORE_OUTAGE_SECONDS === undefined ? {} : { STORE_OUTAGE_SECONDS }),
          ...server.environment,
        },
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
