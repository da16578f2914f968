import type { StreamId } from '../../../src/log/index.ts';
import type { Scenario } from '../scenario.ts';
import { StoreWeather } from '../store-weather.ts';
import { Violation } from '../violation.ts';
import type { Incarnation, LinePlan } from './incarnation.ts';
import { SlotLogWorld, TIMELINE } from './world.ts';

/** Generous: after the store has recovered, everything must be done by then. Virtual milliseconds. */
const PATIENCE_MS = 600_000;

/** Every one reads the streams of all before it. */
const MOST_INCARNATIONS = 10;

class SlotLogRun {
  readonly #world: SlotLogWorld;
  readonly #plan: LinePlan;
  readonly #incarnations: Incarnation[] = [];
  #starting = false;
  #over = false;

  constructor(world: SlotLogWorld) {
    this.#world = world;
    const { random } = world;
    const log = random.chance(0.6) ? 'data' : 'metadata';
    const meanPauseMs = random.pick([2, 10, 60]);
    this.#plan = { log, timeline: TIMELINE, broker: 0, batching: random.chance(0.5), meanPauseMs };
  }

  async run(): Promise<void> {
    const { scheduler, random, bucket, environment } = this.#world;
    const weather = new StoreWeather(bucket, random.fork('weather'), environment);
    weather.start(random.pick([200, 1_000, 5_000]));
    this.#start();
    this.#trouble(random.pick([100, 400, 1_500]));
    await scheduler.run({ untilMs: random.between(1_000, 12_000) });
    this.#over = true;
    weather.stop();
    for (const incarnation of this.#incarnations) {
      incarnation.process.resume();
      incarnation.stopping = true;
    }
    await this.#settle('the last incarnation ends', () =>
      this.#incarnations.every((one) => !one.process.alive || one.state === 'fenced' || one.state === 'stopped'),
    );
    await this.#readEverything();
    this.#world.history.finish();
  }

  async #settle(what: string, done: () => boolean): Promise<void> {
    const { scheduler } = this.#world;
    await scheduler.run({ untilMs: scheduler.nowMs + PATIENCE_MS, done });
    if (!done()) throw new Violation('progress', `${what}: not within ${PATIENCE_MS} ms after everything was healed`);
  }

  #start(): void {
    const incarnation = this.#world.incarnation(this.#plan);
    this.#incarnations.push(incarnation);
    incarnation.run().then(
      () => this.#startLater(),
      (error: unknown) => incarnation.process.fail(error),
    );
  }

  #startLater(): void {
    if (this.#over || this.#starting || this.#incarnations.length >= MOST_INCARNATIONS) return;
    this.#starting = true;
    this.#world.environment.schedule(this.#world.random.exponential(100), () => {
      this.#starting = false;
      if (!this.#over) this.#start();
    });
  }

  #trouble(meanPauseMs: number): void {
    const { environment, random } = this.#world;
    environment.schedule(random.exponential(meanPauseMs), () => {
      if (this.#over) return;
      this.#strike();
      this.#trouble(meanPauseMs);
    });
  }

  #strike(): void {
    const { random, history, environment } = this.#world;
    const alive = this.#incarnations.filter(
      (one) => one.process.alive && one.state !== 'fenced' && one.state !== 'stopped',
    );
    if (alive.length === 0) return;
    const victim = random.pick(alive);
    switch (random.pick(['kill', 'freeze', 'rival', 'second', 'sealer', 'stop', 'skew'] as const)) {
      case 'kill':
        history.counts.kills++;
        victim.process.kill('kill -9');
        this.#startLater();
        break;
      case 'freeze':
        history.counts.freezes++;
        victim.process.freeze();
        environment.schedule(random.exponential(random.pick([50, 500, 5_000])), () => victim.process.resume());
        if (random.chance(0.7)) this.#startLater();
        break;
      case 'rival':
      case 'sealer':
        this.#sealBehindItsBack(random.chance(0.3) ? 2 : 1);
        break;
      case 'second':
        if (alive.length < 4) this.#startLater();
        break;
      case 'stop':
        victim.stopping = true;
        break;
      case 'skew':
        victim.process.setWallSkew(random.between(-3_600_000, 3_600_000));
        break;
    }
  }

  /** As the controller does with another broker's stream: one process, or several at once, seal a stream that is in use. */
  #sealBehindItsBack(sealers: number): void {
    const { random } = this.#world;
    const streams = this.#incarnations.map((one) => one.stream).filter((stream) => stream !== undefined);
    if (streams.length === 0) return;
    const stream = random.chance(0.7) ? (streams.at(-1) as StreamId) : random.pick(streams);
    for (let i = 0; i < sealers; i++) {
      const rival = this.#world.incarnation(this.#plan);
      rival.seal(stream).catch((error: unknown) => rival.process.fail(error));
      if (random.chance(0.3)) {
        this.#world.environment.schedule(random.exponential(50), () => rival.process.kill('a sealer dies'));
      }
    }
  }

  /** A last process, after all others, seals and reads every stream. */
  async #readEverything(): Promise<void> {
    for (const one of this.#incarnations) one.process.kill('end of the run');
    const last = this.#world.incarnation({ ...this.#plan, meanPauseMs: 1 });
    let ended = false;
    last.stopping = true;
    last.run().then(
      () => (ended = true),
      (error: unknown) => last.process.fail(error),
    );
    await this.#settle('the final reader', () => ended);
    if (last.state !== 'stopped') throw new Violation('progress', `the final reader ended ${last.state}`);
  }
}

export const slotLogScenario: Scenario = {
  name: 'slot-log',
  async run(seed, options = {}) {
    const world = new SlotLogWorld(seed, options);
    await new SlotLogRun(world).run();
    return world.report();
  },
};
