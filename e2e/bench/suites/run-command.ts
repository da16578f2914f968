import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadResult } from '../load/result.ts';
import type { LoadVerb } from '../load/command.ts';
import type { Command } from '../peers/kafka-tools.ts';
import { CpuWatch } from '../measure/process-usage.ts';
import type { CpuUse } from '../measure/process-usage.ts';
import { OTHER } from '../report/quiet.ts';
import type { Figures } from '../report/spread.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const SHOWN_MAIN = 'scripts/node e2e/bench/main.ts';

/** Runs a program to its end and returns what it printed; rejects with its words if it fails. */
export async function run(command: Command): Promise<string> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${shown(command)}\nended with exit code ${String(code)}\n${errors}${output}`);
  return output;
}

/** The same, with what the process `pid` used of the CPU meanwhile. */
export async function runWatched(command: Command, pid: number): Promise<{ output: string; cpu: CpuUse }> {
  const watch = new CpuWatch(pid);
  const output = await run(command);
  return { output, cpu: watch.read() };
}

/** Runs the load generator in a process of its own. */
export async function runLoad<T>(verb: LoadVerb, flags: LoadFlags): Promise<{ command: string; result: T }> {
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const output = await run([process.execPath, MAIN, verb, ...args]);
  return { command: [SHOWN_MAIN, verb, ...args].join(' '), result: JSON.parse(output) as T };
}

export type LoadFlags = Readonly<Record<string, string | number>>;

/** What a run of a tool took of the CPU, per 10^9 bytes of record values, and what others took meanwhile. */
export function cpuFigures(cpu: CpuUse, valueBytes: number): Figures {
  const gigabytes = valueBytes / 1e9;
  return {
    ...(cpu.cpuSeconds === undefined ? {} : { 'CPU s/GB': cpu.cpuSeconds / gigabytes }),
    'client CPU s/GB': cpu.clientCpuSeconds / gigabytes,
    ...(cpu.otherPercent === undefined ? {} : { [OTHER]: cpu.otherPercent }),
  };
}

/** A command line as a person would type it. */
export function shown(command: Command): string {
  return command.map((part) => (/[\s*]/.test(part) ? `'${part}'` : part)).join(' ');
}

/** The figures of a load result under the names of the tables. */
export function figuresOf(result: LoadResult): Figures {
  const { latency, brokerCpuPerGb, brokerCpuMicrosPerRequest, otherPercent, rssBytes } = result;
  return {
    'MB/s': result.megabytesPerSecond,
    'p50 ms': latency.p50Ms,
    'p99 ms': latency.p99Ms,
    'p99.9 ms': latency.p999Ms,
    ...(brokerCpuPerGb === undefined ? {} : { 'CPU s/GB': brokerCpuPerGb }),
    ...(brokerCpuMicrosPerRequest === undefined ? {} : { 'CPU µs/request': brokerCpuMicrosPerRequest }),
    'client CPU s/GB': result.clientCpuPerGb,
    ...(rssBytes === undefined ? {} : { 'RSS MiB': rssBytes / 2 ** 20 }),
    ...(otherPercent === undefined ? {} : { [OTHER]: otherPercent }),
  };
}
