import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applyEdit } from './mutations/apply-mutation.ts';
import { mutations } from './mutations/index.ts';
import { editsOf } from './mutations/mutation.ts';
import type { Mutation } from './mutations/mutation.ts';
import type { MutantVerdict } from './run-mutant.ts';

/**
 * Mutation check: switches one safety mechanism off after the other and demands that the simulation notices.
 * Usage: node broker/test/sim/mutations.ts [--only NAME]... [--jobs N]
 */
const HOOK = fileURLToPath(new URL('mutate-hook.ts', import.meta.url));
const MUTANT = fileURLToPath(new URL('run-mutant.ts', import.meta.url));

/** A mutant that never ends is noticed too: it no longer makes progress. Real milliseconds. */
const PATIENCE_MS = 300_000;

function staleness(mutation: Mutation): string | undefined {
  try {
    for (const edit of editsOf(mutation)) {
      applyEdit(mutation.name, edit, readFileSync(new URL(`../../src/${edit.file}`, import.meta.url), 'utf8'));
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function runMutant(mutation: Mutation): Promise<MutantVerdict> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', HOOK, MUTANT], {
      env: { ...process.env, CHRONIK_SIM_MUTATION: mutation.name },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('close', (code, signal) => {
      const last = output.trim().split('\n').at(-1) ?? '';
      if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last) as MutantVerdict);
      else if (signal !== null) resolve({ caught: false, by: '', blind: [`it ran into the time limit (${signal})`] });
      else resolve({ caught: false, by: '', blind: [`the process failed: ${errors.trim().slice(-600)}`] });
    });
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, jobs: { type: 'string' } },
  });
  const chosen = mutations.filter((one) => values.only === undefined || values.only.includes(one.name));
  const jobs = Math.max(1, Number(values.jobs ?? Math.min(2, availableParallelism())));
  const queue = [...chosen];
  let caught = 0;
  const worker = async (): Promise<void> => {
    for (let mutation = queue.shift(); mutation !== undefined; mutation = queue.shift()) {
      const stale = staleness(mutation);
      const verdict = stale === undefined ? await runMutant(mutation) : { caught: false, by: '', blind: [stale] };
      if (verdict.caught) caught++;
      const what = verdict.caught ? `caught   ${firstLine(verdict.by)}` : `SURVIVED ${verdict.blind.join('; ')}`;
      process.stdout.write(`${mutation.name.padEnd(34)} ${what}\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  process.stdout.write(`${caught} of ${chosen.length} caught\n`);
  return caught === chosen.length && chosen.length > 0 ? 0 : 1;
}

function firstLine(text: string): string {
  const line = text.split('\n')[0] ?? '';
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

process.exitCode = await main();
