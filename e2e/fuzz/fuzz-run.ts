import { ApiKeys, ZERO_UUID } from '../../broker/src/kafka/index.ts';
import type { Client } from '../bench/load/client.ts';
import { rssBytes } from '../bench/measure/process-usage.ts';
import type { BrokerProcess } from '../support/broker-process.ts';
import { play, scriptOf } from './fuzz-connection.ts';
import { goldenFrames } from './golden.ts';
import type { GoldenFrame } from './golden.ts';
import { Probe } from './probe.ts';
import { scrape, scrapeUntil } from './scrape.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Connections at a time. */
  readonly parallel: number;
  /** Asked before each connection: is another one to follow? */
  readonly goOn: (connections: number) => boolean;
  /** Called about once a second's worth of connections. */
  readonly onProgress?: (state: FuzzState) => void;
}

export interface FuzzState {
  readonly connections: number;
  readonly frames: number;
  readonly closedByBroker: number;
  readonly probeRounds: number;
  readonly rssBytes: number;
}

export interface FuzzReport extends FuzzState {
  readonly goldenFrames: number;
  /** Resident memory after the first tenth of what was sent at least, and at the end with all connections gone. */
  readonly rssBeforeBytes: number;
  /** What was wrong; empty = passed. */
  readonly failures: readonly string[];
}

const TOPIC = 'fuzz';
const PROBE_TOPIC = 'probe';
/** Connections after which memory counts as warm. */
const WARM_UP = 300;
/** A connection that is not over by then hangs. */
const HANG_MS = 60_000;
/** State that requests make legitimately (topics, groups, sessions, producers) besides what a leak would. */
const GROWTH_BYTES = 256 * 1024 * 1024;
const CLOSED_LINE = /^Connection closed: /;

/** Sends what no client should send, on many connections, while an ordinary client goes on, and says what went wrong. */
export async function runFuzz(broker: BrokerProcess, options: FuzzOptions): Promise<FuzzReport> {
  const probe = await Probe.connect({ host: '127.0.0.1', port: broker.settings.port }, PROBE_TOPIC);
  try {
    return await new FuzzRun(broker, probe, options).run();
  } finally {
    probe.close();
  }
}

class FuzzRun {
  readonly #broker: BrokerProcess;
  readonly #probe: Probe;
  readonly #options: FuzzOptions;
  readonly #failures: string[] = [];
  #connections = 0;
  #frames = 0;
  #closedByBroker = 0;
  #rssBeforeBytes = 0;
  #probing = true;
  /** Connections that wait until the probe has gone so far. */
  #waiting: { readonly rounds: number; readonly resolve: () => void }[] = [];

  constructor(broker: BrokerProcess, probe: Probe, options: FuzzOptions) {
    this.#broker = broker;
    this.#probe = probe;
    this.#options = options;
  }

  async run(): Promise<FuzzReport> {
    const golden = await servedFrames(this.#probe.client);
    const baseline = (await scrape(this.#broker.settings.httpPort)).get('chronik_connections') ?? 0;
    const probing = this.#keepProbing();
    await Promise.all(Array.from({ length: this.#options.parallel }, () => this.#worker(golden)));
    this.#probing = false;
    await probing;
    this.#release();
    await this.#checkAfterwards(baseline);
    return {
      ...this.#state(),
      goldenFrames: golden.length,
      rssBeforeBytes: this.#rssBeforeBytes,
      failures: this.#failures,
    };
  }

  async #keepProbing(): Promise<void> {
    while (this.#probing) {
      await withinHangTime('the probe', this.#probe.round()).catch((error: unknown) => {
        this.#failures.push(`not served: ${String(error)}\n${this.#broker.lastWords()}`);
        this.#probing = false;
      });
      this.#release();
    }
  }

  async #worker(golden: readonly GoldenFrame[]): Promise<void> {
    while (this.#failures.length === 0 && this.#options.goOn(this.#connections)) {
      const seed = this.#options.seed + this.#connections;
      this.#connections += 1;
      const script = scriptOf(seed, golden);
      this.#frames += script.frames;
      try {
        const playing = play(this.#broker.settings.port, script, () => this.#afterProbe());
        const { closedByBroker } = await withinHangTime(`connection with seed ${seed}`, playing);
        if (closedByBroker) this.#closedByBroker += 1;
      } catch (error) {
        this.#failures.push(`connection with seed ${seed}: ${String(error)}\n${this.#broker.lastWords()}`);
      }
      if (this.#connections === WARM_UP) this.#rssBeforeBytes = this.#rss();
      if (this.#connections % WARM_UP === 0) this.#options.onProgress?.(this.#state());
    }
  }

  /** Resolves when the probe has been served twice more: time enough for an answer, if one was to come. */
  #afterProbe(): Promise<void> {
    if (!this.#probing) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ rounds: this.#probe.rounds + 2, resolve });
    return promise;
  }

  #release(): void {
    const { rounds } = this.#probe;
    const due = this.#waiting.filter((waiting) => !this.#probing || waiting.rounds <= rounds);
    this.#waiting = this.#waiting.filter((waiting) => !due.includes(waiting));
    for (const { resolve } of due) resolve();
  }

  async #checkAfterwards(baseline: number): Promise<void> {
    const { httpPort } = this.#broker.settings;
    if (this.#failures.length > 0) return;
    await this.#probe.round();
    await scrapeUntil(
      httpPort,
      `${baseline} open connections`,
      (metrics) => metrics.get('chronik_connections') === baseline,
    );
    const broken = (await scrape(httpPort)).get('chronik_connections_broken_total') ?? 0;
    const lines = this.#broker.log.filter(({ message }) => CLOSED_LINE.test(message));
    if (lines.length !== broken) {
      this.#failures.push(`${broken} connections were broken, ${lines.length} lines tell of them`);
    }
    const failed = lines.filter(({ level }) => level === 'error').map((line) => JSON.stringify(line));
    if (failed.length > 0) {
      this.#failures.push(`${failed.length} requests failed inside:\n${failed.slice(0, 5).join('\n')}`);
    }
    const grown = this.#rss() - this.#rssBeforeBytes;
    if (grown > GROWTH_BYTES) this.#failures.push(`memory grew by ${Math.round(grown / 2 ** 20)} MiB`);
  }

  #state(): FuzzState {
    return {
      connections: this.#connections,
      frames: this.#frames,
      closedByBroker: this.#closedByBroker,
      probeRounds: this.#probe.rounds,
      rssBytes: this.#rss(),
    };
  }

  #rss(): number {
    return rssBytes(this.#broker.pid) ?? 0;
  }
}

/** Frames of all that the broker serves, about a topic that is there. */
export async function servedFrames(client: Client): Promise<readonly GoldenFrame[]> {
  const { apiKeys } = await client.request(ApiKeys.ApiVersions, 3, {
    clientSoftwareName: 'fuzz',
    clientSoftwareVersion: '1',
  });
  const { topics } = await client.request(ApiKeys.Metadata, 12, {
    topics: [{ name: TOPIC, topicId: ZERO_UUID }],
    includeTopicAuthorizedOperations: false,
  });
  return goldenFrames(apiKeys, { topic: TOPIC, topicId: topics[0]?.topicId ?? ZERO_UUID, group: 'fuzz-group' });
}

/** Rejects if the work is not done in a time in which everything is. */
async function withinHangTime<T>(what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} hangs`)), HANG_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
