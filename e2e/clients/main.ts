/**
 * Real clients against a real broker, before and after it lost its disk: a table of what works. Exits with 1 when anything does
 * not, or when a client is missing that nobody allowed to be.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { KAFKA_TOOLS } from './drivers/java.ts';
import { KAFKAJS } from './drivers/kafkajs.ts';
import { KCAT } from './drivers/kcat.ts';
import { PYTHON_CLIENTS } from './drivers/python.ts';
import type { MissingClient, ReadyClient } from './model/client.ts';
import { Matrix } from './model/matrix.ts';
import { OPERATION_NAMES, PHASES } from './model/operations.ts';
import { clientsPage } from './report/markdown.ts';
import { bold, dim, green, printFailures, printTable, red } from './report/terminal.ts';
import { readArguments } from './run/arguments.ts';
import { Performance } from './run/performance.ts';
import { killAll } from './run/program.ts';
import { Stage } from './run/stage.ts';

const SOURCES = [KAFKAJS, KCAT, ...PYTHON_CLIENTS, KAFKA_TOOLS];
const PAGE = fileURLToPath(new URL('../../docs/clients.md', import.meta.url));

/** What must be gone at the end, however it ends. */
const leftovers: { stage?: Stage } = {};

async function main(): Promise<boolean> {
  const names = SOURCES.map(({ name }) => name);
  const { allowMissing, only } = readArguments(process.argv.slice(2), names);
  const sources = SOURCES.filter(({ name }) => only.length === 0 || only.includes(name));
  console.log(`\n  ${bold('Chronik')}: real clients, before and after the loss of the disk\n`);
  const found = await prepareAll(sources);
  const ready = found.filter((client) => 'connect' in client);
  const missing = found.filter((client) => 'missing' in client);
  const matrix = new Matrix();
  for (const client of missing) recordMissing(matrix, client);
  const stage = await Stage.set();
  leftovers.stage = stage;
  await new Performance(stage, ready, matrix).run();
  printTable(
    matrix,
    sources.map(({ name }) => name),
  );
  printFailures(
    matrix,
    sources.map(({ name }) => name),
  );
  for (const { name, missing: remedy } of missing) console.log(`\n  ${red('missing')} ${bold(name)}: ${remedy}`);
  if (only.length === 0) await writePage(matrix, found);
  const failed = matrix.count('failed');
  if (failed > 0) for (const line of stage.complaints().slice(-10)) console.log(dim(`  broker: ${line.slice(0, 400)}`));
  return failed === 0 && (allowMissing || missing.length === 0);
}

async function prepareAll(sources: typeof SOURCES): Promise<readonly (ReadyClient | MissingClient)[]> {
  const found: (ReadyClient | MissingClient)[] = [];
  for (const source of sources) {
    const client = await source.prepare();
    found.push(client);
    console.log(
      'missing' in client ? `  ${red('✘')} ${client.name}: ${client.missing}` : `  ${green('✔')} ${client.version}`,
    );
  }
  return found;
}

function recordMissing(matrix: Matrix, { name, missing }: MissingClient): void {
  for (const operation of OPERATION_NAMES) {
    for (const phase of PHASES) matrix.record(name, operation, phase, { kind: 'missing', reason: missing });
  }
}

async function writePage(matrix: Matrix, found: readonly (ReadyClient | MissingClient)[]): Promise<void> {
  const clients = found.map((client) => ({
    name: client.name,
    version: 'missing' in client ? `missing: ${client.missing}` : client.version,
  }));
  await writeFile(PAGE, clientsPage(matrix, clients, new Date().toISOString().slice(0, 10)));
  console.log(`\n  written to docs/clients.md`);
}

async function cleanUp(): Promise<void> {
  killAll();
  await leftovers.stage?.clear();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}

try {
  const startedAt = performance.now();
  const passed = await main();
  const took = dim(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  console.log(
    passed
      ? `\n  ${green(bold('Everything that is here works.'))} ${took}\n`
      : `\n  ${red(bold('Not everything works.'))} ${took}\n`,
  );
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  console.error(`\n  ${red(bold('The run failed:'))} ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}
