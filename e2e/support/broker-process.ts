import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const LAUNCHER = fileURLToPath(new URL('../../bin/chronik', import.meta.url));

export interface BrokerSettings {
  readonly port: number;
  readonly httpPort: number;
  readonly dataDirectory: string;
  /** Further environment variables, e.g. LOCAL_STORAGE_PATH. */
  readonly environment: Readonly<Record<string, string>>;
}

/** One line of the broker's JSON log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** How a process ended: exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A real `chronik standalone` in a process of its own, read through its JSON log. */
export class BrokerProcess {
  readonly settings: BrokerSettings;
  readonly log: LogLine[] = [];
  /** What the broker wrote to standard error; refusals are told there. */
  readonly errors: string[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<Exit>;
  readonly #listeners = new Set<(line: LogLine) => void>();

  private constructor(settings: BrokerSettings, child: ChildProcessByStdio<null, Readable, Readable>) {
    this.settings = settings;
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (text) => this.#readLine(text));
    createInterface({ input: child.stderr }).on('line', (text) => this.errors.push(text));
    this.#exit = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** Starts the process; it is not ready yet. */
  static launch(settings: BrokerSettings, verb = 'standalone'): BrokerProcess {
    const flags = ['--port', String(settings.port), '--http-port', String(settings.httpPort)];
    const child = spawn(LAUNCHER, [verb, ...flags, '--data-dir', settings.dataDirectory], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        CHRONIK_LOG_FORMAT: 'json',
        ...settings.environment,
      },
    });
    return new BrokerProcess(settings, child);
  }

  /** Starts the process and waits until it serves clients. */
  static async start(settings: BrokerSettings): Promise<BrokerProcess> {
    const broker = BrokerProcess.launch(settings);
    await broker.ready();
    return broker;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.settings.port}`;
  }

  /** Resolves with the line that says that clients are served; rejects if the process ends before. */
  ready(): Promise<LogLine> {
    return this.logged('Broker is ready');
  }

  /** Resolves with the first line, past or future, that has this message; rejects if the process ends before. */
  async logged(message: string): Promise<LogLine> {
    const past = this.log.find((line) => line.message === message);
    if (past !== undefined) return past;
    return new Promise((resolve, reject) => {
      const listener = (line: LogLine): void => {
        if (line.message !== message) return;
        this.#listeners.delete(listener);
        resolve(line);
      };
      this.#listeners.add(listener);
      void this.#exit.then((exit) => {
        const how = exit.signal ?? `exit code ${exit.code}`;
        reject(new Error(`the broker ended (${how}) before it logged "${message}"\n${this.lastWords()}`));
      });
    });
  }

  /** The end of what it logged and wrote to standard error, for error messages. */
  lastWords(): string {
    const logged = this.log.slice(-5).map((line) => JSON.stringify(line));
    return [...logged, ...this.errors.slice(-15)].join('\n');
  }

  exited(): Promise<Exit> {
    return this.#exit;
  }

  /** Sends the signal and waits for the end of the process. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<Exit> {
    this.#child.kill(signal);
    return this.#exit;
  }

  /** Sends a signal without waiting (SIGSTOP, SIGCONT, a second SIGTERM). */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async status(): Promise<Record<string, unknown>> {
    const response = await fetch(`http://127.0.0.1:${this.settings.httpPort}/status`);
    return (await response.json()) as Record<string, unknown>;
  }

  #readLine(text: string): void {
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine;
    } catch {
      this.errors.push(text);
      return;
    }
    this.log.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}
