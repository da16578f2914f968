// make fuzz MINUTES=10 SEED=1: mutated requests against a real broker, on many connections, while an ordinary client goes on.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';
import { runFuzz } from './fuzz-run.ts';
import type { FuzzState } from './fuzz-run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    parallel: { type: 'string', default: '32' },
  },
});
const seed = Number(values.seed);
const endMs = performance.now() + Number(values.minutes) * 60_000;
const EVERY_MS = 10_000;
let nextLineMs = 0;

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function tell(state: FuzzState): void {
  const nowMs = performance.now();
  if (nowMs < nextLineMs) return;
  nextLineMs = nowMs + EVERY_MS;
  const { connections, frames, closedByBroker, probeRounds, rssBytes } = state;
  const left = Math.max(0, Math.round((endMs - nowMs) / 1000));
  console.log(
    `${connections} connections, ${frames} frames, ${closedByBroker} closed by the broker, probe ${probeRounds}, ` +
      `${mib(rssBytes)}, ${left} s left`,
  );
}

const root = await mkdtemp(join(tmpdir(), 'chronik-fuzz-'));
console.log(`seed ${seed}, ${values.minutes} minutes, ${values.parallel} connections at a time`);
const broker = await BrokerProcess.start({
  port: await freePort(),
  httpPort: await freePort(),
  dataDirectory: join(root, 'data'),
  environment: { LOCAL_STORAGE_PATH: join(root, 'bucket'), CHRONIK_TAIL_BYTES: '8388608' },
});
try {
  const report = await runFuzz(broker, {
    seed,
    parallel: Number(values.parallel),
    goOn: () => performance.now() < endMs,
    onProgress: tell,
  });
  const { connections, frames, goldenFrames, closedByBroker, probeRounds, rssBeforeBytes, rssBytes, failures } = report;
  console.log(
    `${frames} frames out of ${goldenFrames} golden ones on ${connections} connections, ${closedByBroker} closed by the broker; ` +
      `${probeRounds} probe records; memory ${mib(rssBeforeBytes)} -> ${mib(rssBytes)}`,
  );
  for (const failure of failures) console.error(`FAILED (seed ${seed}): ${failure}`);
  const exit = await broker.stop('SIGTERM');
  if (exit.code !== 0) {
    console.error(`FAILED (seed ${seed}): the broker ended with ${exit.signal ?? exit.code}\n${broker.lastWords()}`);
  }
  process.exitCode = failures.length === 0 && exit.code === 0 ? 0 : 1;
} finally {
  await broker.stop('SIGKILL');
  await rm(root, { recursive: true, force: true });
}
