import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerProcess } from '../../support/broker-process.ts';
import { freePort } from '../../support/ports.ts';

/** A real broker with its bucket and its disk side by side in a temporary directory. */
export class Stage {
  readonly port: number;
  readonly #httpPort: number;
  readonly #root: string;
  #broker: BrokerProcess | undefined;

  private constructor(root: string, port: number, httpPort: number) {
    this.#root = root;
    this.port = port;
    this.#httpPort = httpPort;
  }

  static async set(): Promise<Stage> {
    const root = await mkdtemp(join(tmpdir(), 'chronik-clients-'));
    return new Stage(root, await freePort(), await freePort());
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.#broker = BrokerProcess.launch({
      port: this.port,
      httpPort: this.#httpPort,
      dataDirectory: this.#disk,
      environment: { LOCAL_STORAGE_PATH: join(this.#root, 'bucket') },
    });
    await this.#broker.ready();
  }

  /** kill -9, rm -rf of the disk, and the same command again. */
  async loseDisk(): Promise<void> {
    await this.#broker?.stop('SIGKILL');
    await rm(this.#disk, { recursive: true, force: true });
    await this.start();
  }

  /** What the broker complained about, for the reader of a ✘. */
  complaints(): readonly string[] {
    const logged = (this.#broker?.log ?? []).filter(({ level }) => level === 'error' || level === 'warn');
    return [...logged.map((line) => JSON.stringify(line)), ...(this.#broker?.errors ?? [])];
  }

  /** Ends the broker and removes everything. */
  async clear(): Promise<void> {
    await this.#broker?.stop('SIGKILL');
    await rm(this.#root, { recursive: true, force: true });
  }

  get #disk(): string {
    return join(this.#root, 'disk');
  }
}
