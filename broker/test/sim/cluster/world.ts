import { CEILINGS, ClusterClient } from '../clients/cluster-client.ts';
import type { ClientWorld } from '../clients/client-world.ts';
import { Model } from '../model.ts';
import type { RunOptions, RunReport } from '../scenario.ts';
import { Scheduler } from '../scheduler.ts';
import { settle } from '../settle.ts';
import { SimNetwork } from '../sim-network.ts';
import type { SimRandom } from '../sim-random.ts';
import { SimBucket } from '../sim-store.ts';
import { VirtualProcess } from '../virtual-process.ts';
import { Violation } from '../violation.ts';
import { BROKER_PORT, BrokerHost } from './broker-host.ts';
import type { BrokerVariation, StartBroker } from './environment.ts';

/** A bucket, a network, one broker id under a supervisor, and clients. */
export class ClusterWorld implements ClientWorld {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly bucket: SimBucket;
  readonly environment: VirtualProcess;
  readonly random: SimRandom;
  readonly model = new Model();
  readonly host: BrokerHost;
  /** Where clients that come from now on look for brokers. */
  bootstrap = [{ host: 'broker-0', port: BROKER_PORT }];
  /** Keys that somebody deleted, besides the probe's own. */
  readonly deleted: string[] = [];
  /** Sees what the store does, after it is in the trace. */
  onStoreLine: (line: string) => void = () => undefined;
  readonly #clients: VirtualProcess[] = [];
  #stopping = false;

  constructor(seed: number | string, startBroker: StartBroker, options: RunOptions = {}, variation?: BrokerVariation) {
    this.scheduler = new Scheduler(seed, options);
    this.random = this.scheduler.random.fork('scenario');
    this.environment = new VirtualProcess(this.scheduler, 'environment');
    this.network = new SimNetwork(this.scheduler);
    const settings = variation ?? drawVariation(this.random);
    this.bucket = new SimBucket({
      name: settings.bucket,
      clock: this.environment.clock,
      random: this.scheduler.random.fork('bucket'),
      onTrace: (line) => this.#storeDid(line),
    });
    this.host = new BrokerHost(
      {
        scheduler: this.scheduler,
        network: this.network,
        bucket: this.bucket,
        environment: this.environment,
        random: this.random,
        startBroker,
        variation: settings,
      },
      0,
    );
  }

  readonly stopping = (): boolean => this.#stopping;

  /** All clients are gone at once, whatever they were doing. */
  killClients(): void {
    for (const process of this.#clients.splice(0)) {
      process.kill('the clients of this time are gone');
      this.network.processEnded(process, false);
    }
  }

  /** A further bucket, whose doings are seen like those of the first. */
  addBucket(name: string): SimBucket {
    return new SimBucket({
      name,
      clock: this.environment.clock,
      random: this.scheduler.random.fork(`bucket ${name}`),
      onTrace: (line) => this.#storeDid(line),
    });
  }

  /** Ends the load: producers finish what is outstanding, the others stop. */
  stopClients(): void {
    this.#stopping = true;
  }

  #storeDid(line: string): void {
    this.scheduler.note(line);
    this.onStoreLine(line);
    const claim = /^\S+ \S+ (\S+) create wal\/\S+\/0{20}\.wal \d+: \S+ created$/.exec(line);
    if (claim?.[1] !== undefined) this.host.claimed(claim[1]);
    const deletion = / delete (.*): answered/.exec(line);
    for (const key of deletion?.[1]?.split(' ') ?? []) if (!key.startsWith('probe/')) this.deleted.push(key);
  }

  /** A client process of its own, with the ceilings of one of the real clients: one drawn, or the newest. */
  client(name: string, isNewest = false): ClusterClient {
    const process = new VirtualProcess(this.scheduler, name);
    this.#clients.push(process);
    const drawn = process.random.pick(CEILINGS);
    const ceilings = isNewest ? CEILINGS.at(-1)! : drawn;
    return new ClusterClient(process, this.network.transportFor(process), this.bootstrap, ceilings);
  }

  /** Starts a client's life; whatever escapes from it is the failure of the run. */
  live(life: Promise<void>): { ended: boolean } {
    const state = { ended: false };
    life.then(
      () => (state.ended = true),
      (error: unknown) => this.scheduler.fail(error),
    );
    return state;
  }

  settle<T>(promise: Promise<T>, patienceMs?: number): Promise<T> {
    return settle(this.scheduler, promise, patienceMs);
  }

  pass(delayMs: number): Promise<void> {
    return this.scheduler.run({ untilMs: this.scheduler.nowMs + delayMs });
  }

  /** Runs until the condition holds; fails if it does not in time. */
  async until(what: string, done: () => boolean, patienceMs = 300_000): Promise<void> {
    await this.scheduler.run({ untilMs: this.scheduler.nowMs + patienceMs, done });
    if (!done()) throw new Violation('progress', `${what}: not within ${patienceMs} virtual milliseconds`);
  }

  report(): RunReport {
    return {
      virtualMs: this.scheduler.nowMs,
      events: this.scheduler.eventsExecuted,
      traceHash: this.scheduler.trace.hash,
      counts: { ...this.model.counts, ...this.host.counts },
    };
  }
}

function drawVariation(random: SimRandom): BrokerVariation {
  return {
    lingerMs: random.pick([0, 5, 100]),
    targetBytes: random.pick([1_000, 20_000, 8 * 1024 * 1024]),
    tailBytes: random.pick([2_000, 50_000, 1 << 20]),
    localWalFileBytes: random.pick([1_000, 10_000, 1 << 20]),
    metadataHeartbeatMs: random.pick([1_000, 10_000]),
    metadataUploadIntervalMs: 0,
    installation: 'simulation',
    bucket: 'bucket',
  };
}
