import { hasCode } from '../../../src/edge/index.ts';
import { promote } from '../../../src/recovery/index.ts';
import type { PromotionRequest } from '../../../src/recovery/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import { Admin } from '../clients/admin.ts';
import { Consumer } from '../clients/consumer.ts';
import { GroupMember } from '../clients/group-member.ts';
import { Producer } from '../clients/producer.ts';
import { checkBucket } from '../cluster/check-bucket.ts';
import { FinalCheck } from '../cluster/final-check.ts';
import { simLogger } from '../cluster/sim-logger.ts';
import { startBroker } from '../cluster/start-broker.ts';
import { Troubles } from '../cluster/troubles.ts';
import { ClusterWorld } from '../cluster/world.ts';
import { BROKER_PORT } from '../cluster/broker-host.ts';
import type { Running } from '../cluster/broker-host.ts';
import type { Scenario } from '../scenario.ts';
import type { SimBucket } from '../sim-store.ts';
import { EPOCH_MS, VirtualProcess } from '../virtual-process.ts';
import { Violation } from '../violation.ts';
import { Replicator, drawReplication } from './replicator.ts';
import { childIn, trueLogs } from './truth.ts';
import type { TrueLog, TrueLogs } from './truth.ts';

/** What becomes of the old primary while another store is promoted. */
type OldPrimary = 'dead' | 'stopped' | 'frozen' | 'alive' | 'cut off' | 'bucket lost';

const FATES: readonly OldPrimary[] = ['dead', 'dead', 'stopped', 'frozen', 'alive', 'cut off', 'bucket lost'];
/** What a promotion waits for while the copy is on its way. */
const NOT_YET = [
  'NO_CUT',
  'COPY_EMPTY',
  'TIMELINE_MISSING',
  'BUCKET_FOREIGN',
  'HISTORY_ELSEWHERE',
  'STORE_IS_REPLICA',
  'PLAN_OUTDATED',
];
const HEARTBEAT_MS = 1_000;
const NO_LOG: TrueLog = new Map();

interface Target {
  readonly topic: string;
  readonly partition: number;
}

/** One cluster, two buckets: load, promotion of the copy at a random moment, load, the way back, and a comparison of everything. */
class FailoverRun {
  readonly #world: ClusterWorld;
  readonly #east: SimBucket;
  readonly #targets: Target[] = [];
  readonly #groups = ['group-1'];
  #isSkewed = false;
  #lives: { ended: boolean }[] = [];
  #rounds = 0;
  /** The store that the cluster runs on, the one that it is copied to, and who copies. */
  #active: SimBucket;
  #copy: SimBucket;
  #replicators: Replicator[] = [];
  #timeline = '';
  /** What the timelines before the present one hold. */
  #inherited: TrueLogs = new Map();
  readonly counts = { failovers: 0, 'objects copied': 0, 'late objects': 0, 'acked and lost': 0, fenced: 0 };

  constructor(world: ClusterWorld) {
    this.#world = world;
    this.#east = world.addBucket('east');
    this.#active = world.bucket;
    this.#copy = this.#east;
  }

  async run(): Promise<void> {
    const world = this.#world;
    const { host, random } = world;
    host.moveTo({ active: this.#active, replicas: [this.#copy] });
    host.start();
    await world.until('the broker serves', () => host.serving);
    this.#timeline = rootOf(this.#active);
    this.#replicate();
    await this.#createTopics();
    const failovers = random.pick([1, 1, 2, 3]);
    for (let round = 0; round < failovers; round++) {
      await this.#load();
      await this.#failOver();
    }
    await this.#load();
    await this.#finish();
  }

  async #createTopics(): Promise<void> {
    const world = this.#world;
    const admin = new Admin(world, world.client('admin'));
    for (let i = 0; i < 2; i++) {
      const topic = world.model.createTopic(`topic-${i}`, 2);
      await world.settle(admin.createTopic(topic, new Map()));
      for (let partition = 0; partition < 2; partition++) this.#targets.push({ topic: topic.name, partition });
    }
  }

  #replicate(): void {
    const { scheduler, environment, random } = this.#world;
    const name = `${this.#active.name} to ${this.#copy.name} ${this.#rounds}`;
    const parts = { scheduler, process: environment, random: random.fork(`replication ${name}`) };
    this.#replicators.push(new Replicator(parts, this.#active, this.#copy, drawReplication(parts.random)));
  }

  /** Clients at work, and brokers that die, for a while. */
  async #load(): Promise<void> {
    const world = this.#world;
    const { random } = world;
    this.#startClients();
    const troubles = new Troubles(
      world,
      this.#isSkewed ? ['kill', 'wipe', 'freeze', 'stop', 'skew'] : ['kill', 'wipe', 'freeze', 'stop'],
    );
    troubles.start(random.pick([3_000, 15_000]));
    await world.pass(random.between(1_500, random.pick([5_000, 15_000])));
    troubles.stop();
  }

  #startClients(): void {
    const world = this.#world;
    const targets = this.#targets.filter(({ topic }) => world.model.topic(topic)?.state === 'created');
    const pauseMs = world.random.pick([150, 600]);
    const name = (what: string): string => `${what}-${this.#rounds}`;
    const live = (life: Promise<void>): void => void this.#lives.push(world.live(life));
    if (targets.length === 0) return;
    const plan = { acks: -1, targets, pauseMs } as const;
    live(new Producer(world, world.client(name('idempotent')), { ...plan, idempotent: true, inFlight: 5 }).run());
    live(new Producer(world, world.client(name('plain')), { ...plan, idempotent: false, inFlight: 1 }).run());
    live(new Consumer(world, world.client(name('consumer')), { targets, useSessions: false, maxWaitMs: 100 }).run());
    for (const group of this.#groups) {
      const member = { group, targets, sessionTimeoutMs: 6_000, stayMs: 60_000 };
      live(new GroupMember(world, world.client(name('member')), member).run());
    }
  }

  /** The cluster goes on in the other store, whatever became of this one. */
  async #failOver(): Promise<void> {
    const world = this.#world;
    const { host, random } = world;
    this.#rounds++;
    const fate = random.pick(FATES);
    const old = await this.#meetFate(fate);
    world.scheduler.note(`failover ${this.#rounds}: the old primary is ${fate}`);
    const [from, to] = [this.#active, this.#copy];
    const parent = this.#timeline;
    const order: PromotionRequest = {
      planId: `plan-${this.#rounds}`,
      expectedParent: parent,
      maxDataLossMs: 0,
      force: true,
    };
    host.mayAlsoHold = NOT_YET;
    host.leaveEnded();
    host.newVolume();
    const hostName = `broker-0-of-${this.#rounds}`;
    host.moveTo({ active: to, replicas: [from], promotion: order, hostName });
    host.comeBack();
    this.#rival(order, to, from);
    const waiting = { rounds: 0 };
    while (!host.serving) {
      await world.pass(1_000);
      if (++waiting.rounds % 20 === 0) for (const replicator of this.#replicators) replicator.release();
      if (waiting.rounds > 300) throw new Violation('progress', 'the promoted store does not serve');
    }
    world.killClients();
    world.bootstrap = [{ host: hostName, port: BROKER_PORT }];
    this.#lives = [];
    await this.#holdAgainstTruth(from, to, parent);
    this.counts.failovers++;
    if (old !== undefined) await this.#demandFenced(old, fate, [from, to]);
    this.#active = to;
    this.#copy = from;
    from.setDown(false);
    this.#replicate();
    // What was still on its way, or withheld, arrives under the old timeline's names.
    for (const replicator of this.#replicators.slice(0, -1)) replicator.release();
  }

  /** Gives the process that may still be at work. */
  async #meetFate(fate: OldPrimary): Promise<Running | undefined> {
    const world = this.#world;
    const { host, random } = world;
    for (const running of host.alive()) running.process.resume();
    if (fate !== 'dead') await world.until('the broker serves', () => host.serving);
    const old = host.current;
    host.leaveEnded();
    switch (fate) {
      case 'dead':
        for (const running of host.alive()) host.end(running);
        return undefined;
      case 'stopped':
        host.stopCleanly(60_000);
        await world.pass(5_000);
        for (const running of host.alive()) host.end(running);
        return undefined;
      case 'frozen':
        old?.process.freeze();
        world.environment.schedule(random.between(5_000, 40_000), () => old?.process.resume());
        return old;
      case 'alive':
        return old;
      case 'cut off':
        if (old !== undefined) this.#copy.setCutOff(old.process.name, true);
        return old;
      case 'bucket lost':
        this.#active.setDown(true);
        return old;
    }
  }

  /** Somebody carries out the same plan at the same time, and may die over it. */
  #rival({ ...order }: PromotionRequest, to: SimBucket, from: SimBucket): void {
    const { scheduler, random, environment } = this.#world;
    if (random.chance(0.5)) return;
    const process = new VirtualProcess(scheduler, `rival-${this.#rounds}`);
    const { clock, random: own } = process;
    const patient = (bucket: SimBucket): PatientStore =>
      new PatientStore(bucket.connect(process), { clock, random: own });
    const copy = {
      store: patient(to),
      others: [patient(from)],
      clock,
      random: own,
      logger: simLogger(scheduler, process.name),
      broker: 7,
    };
    environment.schedule(random.between(0, 3_000), () => {
      promote(copy, order, 'copy').catch((error: unknown) => {
        if (!NOT_YET.some((code) => hasCode(error, code))) scheduler.fail(error);
      });
    });
    environment.schedule(random.between(0, 6_000), () => process.kill('the rival has done, or not'));
  }

  /** What the promoted store serves must be exactly what the old one held up to the cut, and all that was acknowledged before it. */
  async #holdAgainstTruth(from: SimBucket, to: SimBucket, parent: string): Promise<void> {
    const world = this.#world;
    const child = childIn(to, parent);
    if (child?.cut === undefined) throw new Violation('promotion', `no child of ${parent} in ${to.name}`);
    const { hlc } = child.cut;
    const truth = trueLogs(from, parent, hlc, this.#inherited);
    const [clamped] = world.host.current?.broker?.clampedOffsets ?? [];
    if (clamped !== undefined) throw new Violation('an offset in the cut implies its records', clamped);
    const check = new FinalCheck(world, `reader-${this.#rounds}`);
    await world.settle(check.begin());
    for (const topic of world.model.topics.values()) {
      const id = check.topicId(topic.name);
      const isThere = id !== undefined;
      if (!isThere) topic.state = 'unknown';
      for (const [index, history] of topic.partitions.entries()) {
        const log = truth.get(`${id}/${index}`) ?? NO_LOG;
        if (isThere) await this.#compare(check, topic.name, index, log);
        const kept = new Map(isThere ? [...log].map(([offset, { crc }]) => [offset, crc]) : []);
        const end = isThere ? Math.max(0, ...[...log.values()].map(({ lastOffset }) => lastOffset + 1)) : 0;
        for (const lost of history.cutTo(kept, end)) {
          this.counts['acked and lost']++;
          if (!this.#isSkewed && lost.acks === -1 && lost.ackedAtMs + EPOCH_MS <= hlc.ms) {
            throw new Violation(
              'loss ≤ reported',
              `${history.name}: acked ${hlc.ms - lost.ackedAtMs - EPOCH_MS} ms before the cut, and lost`,
            );
          }
        }
      }
    }
    world.model.forgetAckedCommits();
    this.#inherited = truth;
    this.#timeline = child.timeline;
  }

  async #compare(
    check: FinalCheck,
    topic: string,
    index: number,
    truth: ReadonlyMap<number, { readonly crc: number; readonly lastOffset: number }>,
  ): Promise<void> {
    const { batches: log } = await this.#world.settle(check.readAll(topic, index));
    let next = 0;
    for (const batch of log) {
      const where = `${topic}-${index} at ${batch.baseOffset}`;
      if (batch.baseOffset !== next) throw new Violation('dense offsets', `${where}: expected ${next}`);
      if (truth.get(batch.baseOffset)?.crc !== batch.crc) {
        throw new Violation('restored(cut) = model(cut)', `${where}: not what the old primary had there`);
      }
      next = batch.lastOffset + 1;
    }
    if (log.length !== truth.size) {
      throw new Violation(
        'restored(cut) = model(cut)',
        `${topic}-${index}: ${log.length} batches, the cut holds ${truth.size}`,
      );
    }
  }

  /** An old primary that can see the new timeline in any store ends by itself. */
  async #demandFenced(old: Running, fate: OldPrimary, [from, to]: readonly [SimBucket, SimBucket]): Promise<void> {
    const world = this.#world;
    if (fate === 'cut off') {
      await world.pass(world.random.between(0, 20_000));
      to.setCutOff(old.process.name, false);
    }
    if (fate === 'bucket lost') from.setDown(false);
    await world.until('the old primary fences itself', () => !old.process.alive, 90_000);
    this.counts.fenced++;
  }

  async #finish(): Promise<void> {
    const world = this.#world;
    const { host } = world;
    for (const running of host.alive()) running.process.resume();
    await world.until('the broker serves again', () => host.serving);
    world.stopClients();
    await world.until('all clients are done', () => this.#lives.every((life) => life.ended));
    await world.pass(3_000);
    host.retire();
    for (const replicator of this.#replicators) replicator.stop();
    await checkBucket(world, this.#active);
    host.restoreFromBucket();
    await world.until('the broker is restored', () => host.serving);
    await world.settle(new FinalCheck(world).run(this.#groups));
    for (const { counts } of this.#replicators) {
      this.counts['objects copied'] += counts.copied;
      this.counts['late objects'] += counts.late;
    }
  }

  skew(): void {
    this.#isSkewed = true;
  }
}

function rootOf(bucket: SimBucket): string {
  const key = [...bucket.contents().keys()].find((name) => name.startsWith('timelines/'));
  if (key === undefined) throw new Error('There is no timeline.');
  return key.slice('timelines/'.length, -'.json'.length);
}

export const failoverScenario: Scenario = {
  name: 'failover',
  oneSeedOf: 8,
  async run(seed, options = {}) {
    const world = new ClusterWorld(seed, startBroker, options, {
      lingerMs: seed % 3 === 0 ? 0 : 50,
      targetBytes: seed % 2 === 0 ? 2_000 : 1_000_000,
      tailBytes: 50_000,
      localWalFileBytes: 10_000,
      metadataHeartbeatMs: HEARTBEAT_MS,
      metadataUploadIntervalMs: 0,
      installation: 'simulation',
      bucket: 'west',
    });
    const run = new FailoverRun(world);
    if (world.random.chance(0.25)) run.skew();
    await run.run();
    const report = world.report();
    return { ...report, counts: { ...report.counts, ...run.counts } };
  },
};
