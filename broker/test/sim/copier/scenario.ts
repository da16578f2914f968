import { Admin } from '../clients/admin.ts';
import { Producer } from '../clients/producer.ts';
import { checkBucket } from '../cluster/check-bucket.ts';
import { startBroker } from '../cluster/start-broker.ts';
import { TopicChurn } from '../cluster/topic-churn.ts';
import { Troubles } from '../cluster/troubles.ts';
import { ClusterWorld } from '../cluster/world.ts';
import type { Scenario } from '../scenario.ts';
import { StoreWeather } from '../store-weather.ts';
import { Violation } from '../violation.ts';
import { checkReplicaIsWhole } from './final-check.ts';
import { CopierWorld } from './world.ts';

type CopierTrouble = 'kill' | 'freeze' | 'rival' | 'replica-down' | 'bucket-cut' | 'skew';

const TROUBLES: readonly CopierTrouble[] = ['kill', 'kill', 'freeze', 'rival', 'replica-down', 'bucket-cut', 'skew'];
/** Once everything is healthy and nobody writes: the bound on the lag. */
const QUIET_LAG_MS = 15_000;

/** One run: a cluster under load and faults, a copier under faults of its own, then quiet, and a comparison. */
class CopierRun {
  readonly #world: CopierWorld;
  readonly #lives: { ended: boolean }[] = [];
  #over = false;

  constructor(world: CopierWorld) {
    this.#world = world;
  }

  async run(): Promise<void> {
    const { cluster, replica } = this.#world;
    const { random, bucket, environment } = cluster;
    cluster.host.start();
    await this.#createTopics();
    const weathers = [
      new StoreWeather(bucket, random.fork('weather'), environment),
      new StoreWeather(replica, random.fork('replica weather'), environment),
    ];
    const troubles = new Troubles(cluster);
    for (const weather of weathers) weather.start(random.pick([1_000, 5_000, 20_000]));
    troubles.start(random.pick([3_000, 10_000, 30_000]));
    this.#startClients();
    // Some replicas begin with the cluster, some are given to one that has a history.
    await cluster.pass(random.pick([0, 0, 5_000, 30_000]));
    this.#world.startCopier();
    this.#trouble(random.pick([1_000, 4_000, 15_000]));
    await cluster.pass(random.between(10_000, random.pick([20_000, 50_000])));
    this.#over = true;
    troubles.stop();
    for (const weather of weathers) weather.stop();
    cluster.network.mendAll();
    await this.#finish();
  }

  async #createTopics(): Promise<void> {
    const { cluster } = this.#world;
    const admin = new Admin(cluster, cluster.client('admin'));
    await cluster.settle(admin.canCreateTopics());
    const topic = cluster.model.createTopic('topic-0', 1);
    await cluster.settle(admin.createTopic(topic, new Map()));
  }

  #startClients(): void {
    const { cluster } = this.#world;
    const { random } = cluster;
    const targets = [{ topic: 'topic-0', partition: 0 }];
    const pauseMs = random.pick([20, 60, 400]);
    for (const acks of [-1, 1] as const) {
      const plan = { acks, idempotent: acks === -1, targets, pauseMs, inFlight: acks === -1 ? 5 : 1 };
      this.#lives.push(cluster.live(new Producer(cluster, cluster.client(`producer${acks}`), plan).run()));
    }
    if (random.chance(0.6)) this.#lives.push(cluster.live(new TopicChurn(cluster).run()));
  }

  #trouble(meanPauseMs: number): void {
    const { random, environment } = this.#world.cluster;
    environment.schedule(random.exponential(meanPauseMs), () => {
      if (this.#over) return;
      this.#strike(random.pick(TROUBLES));
      this.#trouble(meanPauseMs);
    });
  }

  #strike(trouble: CopierTrouble): void {
    const world = this.#world;
    const { random, environment, bucket } = world.cluster;
    const current = world.copier;
    if (current === undefined) return;
    switch (trouble) {
      case 'kill':
        world.counts['copier kills']++;
        current.kill();
        environment.schedule(random.exponential(1_000), () => void world.startCopier());
        return;
      case 'freeze':
        world.counts['copier freezes']++;
        current.process.freeze();
        environment.schedule(random.exponential(random.pick([500, 10_000])), () => current.process.resume());
        return;
      case 'rival':
        // The one before was believed dead, and lives.
        if (world.copiers.filter(({ process }) => process.alive).length > 2) return;
        world.counts['rival copiers']++;
        world.startCopier();
        return;
      case 'replica-down':
        world.counts.outages++;
        world.replica.setDown(true);
        environment.schedule(random.exponential(8_000), () => world.replica.setDown(false));
        return;
      case 'bucket-cut':
        world.counts.outages++;
        bucket.setCutOff(current.process.name, true);
        environment.schedule(random.exponential(8_000), () => bucket.setCutOff(current.process.name, false));
        return;
      case 'skew':
        current.process.setWallSkew(random.between(-5_000, 5_000));
    }
  }

  /** Everything is healed, one copier is alive: it catches up, says so, and is right. */
  async #finish(): Promise<void> {
    const world = this.#world;
    const { cluster } = world;
    world.replica.setDown(false);
    for (const running of cluster.host.alive()) running.process.resume();
    for (const { process } of world.copiers) {
      cluster.bucket.setCutOff(process.name, false);
      process.resume();
    }
    await cluster.until('the broker serves again', () => cluster.host.serving);
    cluster.stopClients();
    await cluster.until('all clients are done', () => this.#lives.every((life) => life.ended));
    if (cluster.random.chance(0.5)) {
      cluster.host.leaveEnded();
      cluster.host.stopCleanly(30_000);
    }
    await cluster.pass(5_000);
    if (cluster.random.chance(0.5)) world.startCopier();
    const last = world.copiers.findLast(({ process }) => process.alive) ?? world.startCopier();
    last.process.setWallSkew(0);
    await cluster.until('the copier is in sync', () => last.copier?.report().state === 'in sync', 600_000);
    cluster.host.retire();
    await cluster.settle(last.copier!.drain());
    const { state, lag, problems } = last.copier!.report();
    if (state !== 'in sync' || problems.length > 0) {
      throw new Violation('in sync', `${state} with nothing left to copy: ${JSON.stringify(problems)}`);
    }
    const lagMs = last.process.clock.nowMs() - (lag?.sinceMs ?? 0);
    if (lagMs > QUIET_LAG_MS) throw new Violation('bounded lag', `${lagMs} ms after everything was copied`);
    checkReplicaIsWhole(world);
    if (cluster.random.chance(0.5)) await checkBucket(cluster, world.replica);
  }
}

export const copierScenario: Scenario = {
  name: 'copier',
  oneSeedOf: 4,
  async run(seed, options = {}) {
    const cluster = new ClusterWorld(seed, startBroker, options);
    const bytesPerSecond = cluster.random.pick([undefined, undefined, 20_000]);
    const world = new CopierWorld(cluster, { bytesPerSecond });
    await new CopierRun(world).run();
    return world.report();
  },
};
