import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { track } from '../run/program.ts';

const TIMEOUT_MS = 60_000;

type Answer = { readonly result: unknown } | { readonly error: string };

/** A program that answers requests, one JSON object a line, in the order in which they were asked. */
export class LineWorker {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<void>;
  #waiting: PromiseWithResolvers<unknown> | undefined;
  #stderr = '';

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    track(this.#child);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answer(JSON.parse(line) as Answer));
    this.#child.stderr
      .setEncoding('utf8')
      .on('data', (chunk: string) => (this.#stderr = (this.#stderr + chunk).slice(-2000)));
    this.#child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#waiting?.reject(error));
      this.#child.once('close', (code) => {
        this.#waiting?.reject(new Error(`the client ended with ${String(code)}: ${this.#stderr.trim().slice(-600)}`));
        resolve();
      });
    });
  }

  /** Asks for an action; rejects with what the client said, or when there is no answer in time. */
  async ask(action: string, ...args: readonly unknown[]): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting = waiting;
    this.#child.stdin.write(`${JSON.stringify({ action, args })}\n`);
    const timer = setTimeout(() => {
      waiting.reject(new Error(`no answer within ${TIMEOUT_MS} ms`));
      this.#child.kill('SIGKILL');
    }, TIMEOUT_MS);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await this.#ended;
    clearTimeout(timer);
  }

  #answer(answer: Answer): void {
    if ('error' in answer) this.#waiting?.reject(new Error(answer.error));
    else this.#waiting?.resolve(answer.result);
    this.#waiting = undefined;
  }
}
