import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A program that runs beside the suite; its output goes to a file. */
export class Program {
  readonly name: string;
  readonly logPath: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | undefined>;

  constructor(name: string, logPath: string, command: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    const [program = '', ...args] = command;
    const log = openSync(logPath, 'a');
    this.name = name;
    this.logPath = logPath;
    this.#child = spawn(program, args, { stdio: ['ignore', log, log], env });
    closeSync(log);
    this.#ended = new Promise((resolve) => {
      this.#child.on('exit', (code) => resolve(code ?? undefined));
      this.#child.on('error', () => resolve(undefined));
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of its output, for messages. */
  tail(): string {
    return readFileSync(this.logPath, 'utf8').split('\n').slice(-15).join('\n');
  }

  /** Ends it; resolves with its exit code, or undefined if a signal ended it. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM', patienceMs = 60_000): Promise<number | undefined> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    const code = await this.#ended;
    clearTimeout(timer);
    return code;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks until there is an answer; after `seconds` it throws, with what was waited for. */
export async function until<Answer>(
  what: string,
  seconds: number,
  ask: () => Promise<Answer | undefined> | Answer | undefined,
): Promise<Answer> {
  const endMs = performance.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endMs) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`${what}: not within ${seconds} s${why}`, { cause: last });
    }
    await pause(200);
  }
}
