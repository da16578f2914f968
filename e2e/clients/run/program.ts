import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface ProgramOptions {
  readonly input?: Buffer;
  /** After this time the process is killed and the run has failed. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

export interface ProgramOutput {
  readonly stdout: Buffer;
  readonly stderr: string;
}

const TIMEOUT_MS = 60_000;
/** Processes of ours that still run. */
const running = new Set<ChildProcess>();

/** Runs a program to its end. Fails when it does not start, takes too long, or ends with another code than 0. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramOutput> {
  const { input, timeoutMs = TIMEOUT_MS, cwd } = options;
  const child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
  track(child);
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  // A program that fails early does not read its input; what it says is told below.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const output = { stdout: Buffer.concat(stdout), stderr };
      if (code === 0) resolve(output);
      else {
        reject(new Error(complaint(program, code === null ? `${String(signal)} after ${timeoutMs} ms` : code, output)));
      }
    });
  });
}

/** Remembers a process so that `killAll` ends it. */
export function track(child: ChildProcess): void {
  running.add(child);
  child.once('close', () => running.delete(child));
}

/** Ends every process that was started here and still runs. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

function complaint(program: string, end: string | number, { stdout, stderr }: ProgramOutput): string {
  const said = `${stderr}\n${stdout.toString()}`.split('\n').filter((line) => line.trim() !== '');
  const name = program.slice(program.lastIndexOf('/') + 1);
  return `${name} ended with ${end}: ${said.slice(0, 4).join(' | ').slice(0, 600)}`;
}
