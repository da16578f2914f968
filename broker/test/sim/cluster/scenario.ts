import { Admin } from '../clients/admin.ts';
import { Consumer } from '../clients/consumer.ts';
import { GroupMember } from '../clients/group-member.ts';
import { Producer } from '../clients/producer.ts';
import type { ProducerPlan } from '../clients/producer.ts';
import { RecordDeleter } from '../clients/record-deleter.ts';
import type { Scenario } from '../scenario.ts';
import { TopicChurn } from './topic-churn.ts';
import { StoreWeather } from '../store-weather.ts';
import { checkBucket } from './check-bucket.ts';
import { FinalCheck } from './final-check.ts';
import { startBroker } from './start-broker.ts';
import { Troubles } from './troubles.ts';
import { ClusterWorld } from './world.ts';

interface Target {
  readonly topic: string;
  readonly partition: number;
}

/** One run: topics, clients and load under faults, then the loss of every disk, and a comparison of everything. */
class ClusterRun {
  readonly #world: ClusterWorld;
  readonly #targets: Target[] = [];
  readonly #groups: string[] = [];
  readonly #lives: { ended: boolean }[] = [];

  constructor(world: ClusterWorld) {
    this.#world = world;
  }

  async run(): Promise<void> {
    const world = this.#world;
    const { random, bucket, environment } = world;
    world.host.start();
    await this.#createTopics(random.integer(1, 3));
    const weather = new StoreWeather(bucket, random.fork('weather'), environment);
    const troubles = new Troubles(world);
    weather.start(random.pick([1_000, 5_000, 20_000]));
    troubles.start(random.pick([1_500, 5_000, 20_000]));
    this.#startClients();
    await world.pass(random.between(10_000, random.pick([30_000, 60_000])));
    troubles.stop();
    weather.stop();
    world.network.mendAll();
    await this.#finish();
    await this.#restoreAndCheck();
  }

  async #createTopics(count: number): Promise<void> {
    const world = this.#world;
    const admin = new Admin(world, world.client('admin'));
    const most = (await world.settle(admin.canCreateTopics())) ? 3 : 1;
    for (let i = 0; i < count; i++) {
      const topic = world.model.createTopic(`topic-${i}`, world.random.integer(1, most));
      await world.settle(admin.createTopic(topic, new Map()));
      for (let partition = 0; partition < topic.partitionCount; partition++) {
        this.#targets.push({ topic: topic.name, partition });
      }
    }
  }

  #startClients(): void {
    const world = this.#world;
    const { random } = world;
    const some = (): Target[] => this.#targets.filter(() => random.chance(0.7));
    const pauseMs = random.pick([60, 200, 800]);
    for (let i = random.integer(1, 2); i > 0; i--) {
      const lifeMs = random.pick([3_000, 20_000, 1_000_000]);
      const plan = { acks: -1, idempotent: true, targets: some(), pauseMs, inFlight: 5, lifeMs } as const;
      this.#lives.push(world.live(this.#idempotentProducers(`idempotent-${i}`, plan)));
    }
    for (const acks of [-1, 1, 0] as const) {
      if (!random.chance(0.7)) continue;
      const plan = { acks, idempotent: false, targets: some(), pauseMs, inFlight: 1 };
      this.#lives.push(world.live(new Producer(world, world.client(`plain-acks${acks}`), plan).run()));
    }
    for (let i = random.integer(1, 2); i > 0; i--) {
      const plan = { targets: this.#targets, useSessions: random.chance(0.5), maxWaitMs: random.pick([0, 100, 500]) };
      this.#lives.push(world.live(new Consumer(world, world.client(`consumer-${i}`), plan).run()));
    }
    if (random.chance(0.6)) this.#lives.push(world.live(new TopicChurn(world).run()));
    if (random.chance(0.4)) {
      const plan = { targets: this.#targets, pauseMs: random.pick([1_000, 5_000]) };
      this.#lives.push(world.live(new RecordDeleter(world, world.client('deleter'), plan).run()));
    }
    for (let g = random.integer(0, 2); g > 0; g--) {
      const group = `group-${g}`;
      this.#groups.push(group);
      for (let i = random.integer(1, 2); i > 0; i--) {
        const plan = { group, targets: this.#targets, sessionTimeoutMs: 6_000, stayMs: random.pick([5_000, 60_000]) };
        this.#lives.push(world.live(new GroupMember(world, world.client(`${group}-member-${i}`), plan).run()));
      }
    }
  }

  /** One after the other, each with a producer id of its own. */
  async #idempotentProducers(name: string, plan: ProducerPlan): Promise<void> {
    for (let life = 1; !this.#world.stopping() && plan.targets.length > 0; life++) {
      await new Producer(this.#world, this.#world.client(`${name}.${life}`), plan).run();
    }
  }

  /** Everything is healthy: what is outstanding is answered, the clients go, the rest is uploaded. */
  async #finish(): Promise<void> {
    const world = this.#world;
    for (const running of world.host.alive()) running.process.resume();
    await world.until('the broker serves again', () => world.host.serving);
    await world.pass(world.random.between(0, 5_000));
    world.stopClients();
    await world.until('all clients are done', () => this.#lives.every((life) => life.ended));
    await world.until('the broker serves', () => world.host.serving);
    await world.pass(5_000);
  }

  /** The newest snapshot is damaged or gone: the one before, or the whole log, must do (P6, hole 18). */
  #harmSnapshots(): void {
    const { random, bucket } = this.#world;
    const newest = [...bucket.contents().keys()]
      .filter((key) => key.startsWith('metadata-snapshots/'))
      .sort()
      .at(-1);
    if (newest === undefined || !random.chance(0.3)) return;
    if (random.chance(0.5)) bucket.flipBit(newest);
    else bucket.vanish(newest);
  }

  /** Nothing but the bucket is left. */
  async #restoreAndCheck(): Promise<void> {
    const world = this.#world;
    if (world.random.chance(0.3)) {
      world.host.stopCleanly(30_000);
      await world.pass(10_000);
    }
    world.host.retire();
    if (world.random.chance(0.5)) await checkBucket(world);
    this.#harmSnapshots();
    world.host.restoreFromBucket();
    await world.until('the broker is restored', () => world.host.serving);
    await world.settle(new FinalCheck(world).run(this.#groups));
  }
}

export const clusterScenario: Scenario = {
  name: 'cluster',
  async run(seed, options = {}) {
    const world = new ClusterWorld(seed, startBroker, options);
    await new ClusterRun(world).run();
    return world.report();
  },
};
