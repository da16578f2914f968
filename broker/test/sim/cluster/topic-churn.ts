import { Admin } from '../clients/admin.ts';
import { Producer } from '../clients/producer.ts';
import type { ClusterWorld } from './world.ts';

const CONFIGS: readonly (readonly [string, readonly string[]])[] = [
  ['max.message.bytes', ['2000000', '4000000']],
  ['message.timestamp.before.max.ms', ['9000000000000', '8000000000000']],
  ['message.timestamp.after.max.ms', ['3600000', '7200000']],
];

/** Creates topics, fills them, changes their configuration, deletes some and creates them again under the same name. */
export class TopicChurn {
  readonly #world: ClusterWorld;
  readonly #admin: Admin;
  #rounds = 0;

  constructor(world: ClusterWorld) {
    this.#world = world;
    this.#admin = new Admin(world, world.client('churn-admin'));
  }

  async run(): Promise<void> {
    if (!(await this.#admin.canCreateTopics())) return;
    const { random, model } = this.#world;
    while (!this.#world.stopping()) {
      await this.#pause(random.exponential(2_000));
      const name = `churn-${random.integer(0, 2)}`;
      const before = model.topic(name);
      if (before === undefined || before.state === 'deleted') await this.#create(name);
      else if (random.chance(0.5)) await this.#admin.deleteTopic(before);
      else {
        const [config, values] = random.pick(CONFIGS);
        await this.#admin.setConfig(before, config, random.pick(values));
      }
    }
  }

  async #create(name: string): Promise<void> {
    const { random, model } = this.#world;
    const topic = model.createTopic(name, random.integer(1, 2));
    const [config, values] = random.pick(CONFIGS);
    await this.#admin.createTopic(topic, new Map(random.chance(0.5) ? [[config, random.pick(values)]] : []));
    if (random.chance(0.2)) return;
    const client = this.#world.client(`churn-producer-${++this.#rounds}`);
    const targets = [{ topic: name, partition: random.integer(0, topic.partitionCount - 1) }];
    await new Producer(this.#world, client, {
      acks: -1,
      idempotent: random.chance(0.5),
      targets,
      pauseMs: 100,
      inFlight: 1,
      lifeMs: 500,
    }).run();
  }

  #pause(delayMs: number): Promise<void> {
    const { environment } = this.#world;
    return new Promise((resolve) => environment.schedule(delayMs, resolve));
  }
}
