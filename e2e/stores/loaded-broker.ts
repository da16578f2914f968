import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import type { Producer } from 'kafkajs';
import { consume } from '../demo/client.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';
import { FaultProxy } from './fault-proxy.ts';

const TOPIC = 'load';
export const FLOOD_RECORD_BYTES = 100_000;
/** Requests being received, and records not yet in the bucket; the least that can be set. */
export const MAX_UNCOMMITTED_BYTES = 16 * 1024 * 1024;

/** How the broker sees its store, from its status. */
export interface StoreStatus {
  readonly reachable: boolean;
  readonly lastError?: { readonly code: string; readonly message: string; readonly remedy: string };
}

/** A real broker on the store that the environment names, with a proxy between that fails as told, and a patient producer. */
export class LoadedBroker {
  readonly proxy: FaultProxy;
  /** The variables of the store, as seen through the proxy. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values that were acknowledged, with how long each took. */
  readonly acked: { readonly value: string; readonly tookMs: number }[] = [];
  readonly #root: string;
  #broker: BrokerProcess | undefined;
  #producer: Producer | undefined;

  private constructor(root: string, proxy: FaultProxy, environment: Readonly<Record<string, string>>) {
    this.#root = root;
    this.proxy = proxy;
    this.environment = environment;
  }

  /** `name`: what the broker writes lies beside what others have left in the bucket. */
  static async start(name: string): Promise<LoadedBroker> {
    const root = await mkdtemp(join(tmpdir(), `chronik-${name}-`));
    const variables = Object.entries(process.env).filter(([variable]) =>
      /^(OBJECT_STORE|S3|GCS|AZURE)_/.test(variable),
    );
    const port = /127\.0\.0\.1:(\d+)/.exec(variables.map(([, value]) => value ?? '').join(' '))?.[1];
    const proxy = await FaultProxy.start(Number(port));
    const environment = Object.fromEntries(
      variables.map(([variable, value = '']) => {
        if (variable.endsWith('_PREFIX')) return [variable, `${value}-${name}`];
        return [variable, value.replace(`127.0.0.1:${port}`, `127.0.0.1:${proxy.port}`)];
      }),
    );
    const loaded = new LoadedBroker(root, proxy, environment);
    try {
      await loaded.startBroker();
      await loaded.#connect();
      return loaded;
    } catch (error) {
      await loaded.end();
      throw error;
    }
  }

  get broker(): BrokerProcess {
    return this.#broker ?? assert.fail('the broker was not started');
  }

  async startBroker(): Promise<void> {
    this.#broker = await BrokerProcess.start({
      port: this.#broker?.settings.port ?? (await freePort()),
      httpPort: await freePort(),
      dataDirectory: join(this.#root, 'data'),
      environment: { ...this.environment, CHRONIK_MAX_UNCOMMITTED_BYTES: String(MAX_UNCOMMITTED_BYTES) },
    });
  }

  /** Kills the broker and deletes its disk. */
  async loseBroker(): Promise<void> {
    await this.broker.stop('SIGKILL');
    await rm(join(this.#root, 'data'), { recursive: true });
  }

  send(): Promise<void> {
    return this.#send(String(this.acked.length), -1);
  }

  /** So many bytes at once, with acks=1: for what the disk of the broker can answer by itself. */
  async flood(bytes: number): Promise<void> {
    const names = Array.from({ length: Math.ceil(bytes / FLOOD_RECORD_BYTES) }, (_, index) => `flood ${index} `);
    await Promise.all(names.map((name) => this.#send(name.padEnd(FLOOD_RECORD_BYTES, 'x'), 1)));
  }

  /** What the broker says of itself in its metrics. */
  async uncommittedBytes(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.broker.settings.httpPort}/metrics`);
    const line = /^chronik_uncommitted_bytes (\d+)$/m.exec(await response.text());
    return Number(line?.[1] ?? assert.fail('the metric is missing'));
  }

  /** Milliseconds that each acknowledgement took. */
  async sendMany(count: number): Promise<readonly number[]> {
    for (let sent = 0; sent < count; sent += 1) await this.send();
    return this.acked.slice(-count).map(({ tookMs }) => tookMs);
  }

  /** Everything that was acknowledged can be read. More may be there: an answer that was late makes a producer repeat. */
  async nothingIsLost(): Promise<void> {
    const admin = this.#client().admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(TOPIC);
    await admin.disconnect();
    const total = offsets.reduce((sum, { high }) => sum + Number(high), 0);
    const records = await consume(this.#client(), `auditor-${this.acked.length}`, [TOPIC], total);
    const values = new Set(records.map(({ value }) => value?.toString()));
    assert.deepEqual(
      this.acked.filter(({ value }) => !values.has(value)),
      [],
    );
  }

  async store(): Promise<StoreStatus> {
    return (await this.broker.status())['store'] as StoreStatus;
  }

  /** No fault any more, for whoever comes next. */
  heal(): void {
    this.proxy.fault = () => undefined;
    this.proxy.latencyMs = 0;
    this.proxy.bytesPerSecond = Number.POSITIVE_INFINITY;
  }

  async end(): Promise<void> {
    await this.#producer?.disconnect();
    await this.#broker?.stop('SIGKILL');
    await this.proxy.close();
    await rm(this.#root, { recursive: true, force: true });
  }

  async #send(value: string, acks: -1 | 1): Promise<void> {
    assert.ok(this.#producer);
    const startMs = performance.now();
    await this.#producer.send({ topic: TOPIC, acks, messages: [{ value }] });
    this.acked.push({ value, tookMs: performance.now() - startMs });
  }

  async #connect(): Promise<void> {
    this.#producer = this.#client().producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await this.#producer.connect();
  }

  #client(): Kafka {
    // As patient as a producer whose records must not be lost.
    const retry = { retries: 1000, initialRetryTime: 100, maxRetryTime: 1000 };
    return new Kafka({ brokers: [this.broker.bootstrap], logLevel: logLevel.NOTHING, requestTimeout: 60_000, retry });
  }
}
