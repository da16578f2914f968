import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Counts, Scenario } from './scenario.ts';
import { scenarioNamed, scenarios } from './scenarios.ts';

/**
 * Runs random scenarios.
 *   node broker/test/sim/run.ts [--scenario NAME] [--seeds 200] [--from 1] [--jobs 2]
 *   node broker/test/sim/run.ts --scenario NAME --seed 17 [--trace]
 */
interface SeedResult {
  readonly scenario: string;
  readonly seed: number;
  readonly virtualMs: number;
  readonly events: number;
  readonly counts: Counts;
  readonly failure?: string;
}

const SELF = fileURLToPath(import.meta.url);

async function runSeed(scenario: Scenario, seed: number, trace: boolean): Promise<SeedResult> {
  try {
    const options = trace ? { onTrace: (line: string) => void process.stdout.write(`${line}\n`) } : {};
    const { virtualMs, events, counts } = await scenario.run(seed, options);
    return { scenario: scenario.name, seed, virtualMs, events, counts };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { scenario: scenario.name, seed, virtualMs: 0, events: 0, counts: {}, failure };
  }
}

/** A worker gets scenario and seed by message and answers with the result. */
function serve(): void {
  process.on('message', (job: { readonly scenario: string; readonly seed: number }) => {
    void runSeed(scenarioNamed(job.scenario), job.seed, false).then((result) => process.send?.(result));
  });
}

class Totals {
  #seeds = 0;
  #virtualMs = 0;
  #events = 0;
  readonly #counts = new Map<string, number>();
  readonly #startMs = performance.now();
  readonly #expected: number;

  constructor(expected: number) {
    this.#expected = expected;
  }

  add(result: SeedResult): void {
    this.#seeds++;
    this.#virtualMs += result.virtualMs;
    this.#events += result.events;
    for (const [name, value] of Object.entries(result.counts)) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + value);
    }
    const line = `${this.#seeds} of ${this.#expected} seeds, ${this.#summary()}`;
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\u001b[K`);
    else if (this.#seeds % 50 === 0) process.stderr.write(`${line}\n`);
  }

  #summary(): string {
    const hours = (this.#virtualMs / 3_600_000).toFixed(1);
    const seconds = ((performance.now() - this.#startMs) / 1000).toFixed(0);
    return `${hours} virtual hours in ${seconds} s`;
  }

  print(): void {
    if (process.stderr.isTTY) process.stderr.write('\n');
    const counts = [...this.#counts].map(([name, value]) => `${value} ${name}`).join(', ');
    process.stdout.write(`${this.#seeds} seeds, ${this.#summary()}, ${this.#events} events: ${counts}\n`);
  }
}

function reportFailure(result: SeedResult): void {
  process.stdout.write(
    `\nFAILED: ${result.scenario}, seed ${result.seed}\n${result.failure ?? ''}\n` +
      `Replay: scripts/node broker/test/sim/run.ts --scenario ${result.scenario} --seed ${result.seed} --trace\n`,
  );
}

async function runAll(jobs: readonly { scenario: string; seed: number }[], processes: number): Promise<number> {
  const totals = new Totals(jobs.length);
  const queue = [...jobs];
  let failures = 0;
  await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = fork(SELF, ['--serve']);
      for (let job = queue.shift(); job !== undefined && failures < 5; job = queue.shift()) {
        const answer = new Promise<SeedResult>((resolve, reject) => {
          child.once('message', (result) => resolve(result as SeedResult));
          child.once('exit', (code) =>
            reject(new Error(`A worker ended with ${code ?? 'a signal'} in seed ${job?.seed}.`)),
          );
        });
        child.send(job);
        const result = await answer;
        child.removeAllListeners('exit');
        totals.add(result);
        if (result.failure !== undefined) {
          failures++;
          reportFailure(result);
        }
      }
      child.disconnect();
    }),
  );
  totals.print();
  return failures === 0 ? 0 : 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true },
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: '2' },
      trace: { type: 'boolean', default: false },
      serve: { type: 'boolean', default: false },
    },
  });
  if (values.serve) return serve();
  const chosen = (values.scenario ?? scenarios.map((one) => one.name)).map(scenarioNamed);
  if (values.seed !== undefined) {
    for (const scenario of chosen) {
      const result = await runSeed(scenario, Number(values.seed), values.trace);
      if (result.failure !== undefined) {
        reportFailure(result);
        process.exitCode = 1;
      } else {
        process.stdout.write(`${scenario.name}, seed ${values.seed}: ${JSON.stringify(result)}\n`);
      }
    }
    return;
  }
  const from = Number(values.from);
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => from + index);
  const isAll = values.scenario === undefined;
  const jobs = seeds.flatMap((seed) =>
    chosen
      .filter(({ oneSeedOf = 1 }) => !isAll || seed % oneSeedOf === 0)
      .map((scenario) => ({ scenario: scenario.name, seed })),
  );
  process.exitCode = await runAll(jobs, Number(values.jobs));
}

await main();
