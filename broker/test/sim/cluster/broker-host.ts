import { hasCode } from '../../../src/edge/index.ts';
import type { PromotionRequest } from '../../../src/recovery/index.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimNetwork } from '../sim-network.ts';
import type { SimBucket } from '../sim-store.ts';
import type { SimRandom } from '../sim-random.ts';
import { VirtualProcess } from '../virtual-process.ts';
import type { BrokerVariation, SimBroker, StartBroker } from './environment.ts';
import { simLogger } from './sim-logger.ts';
import { Volume } from './volume.ts';

export const BROKER_PORT = 9092;

/** One process of the broker, on one volume. */
export interface Running {
  readonly process: VirtualProcess;
  readonly volume: Volume;
  /** When another process took its place while it ran on. */
  supersededAtMs: number | undefined;
  broker: SimBroker | undefined;
  state: 'booting' | 'serving' | 'stopping' | 'ended';
}

export interface HostWorld {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly bucket: SimBucket;
  readonly environment: VirtualProcess;
  readonly random: SimRandom;
  readonly startBroker: StartBroker;
  readonly variation: BrokerVariation;
}

/** Where the cluster runs: what a plan and the configuration of the stores tell a process that starts. */
export interface Place {
  readonly active: SimBucket;
  readonly replicas: readonly SimBucket[];
  readonly promotion?: PromotionRequest;
  /** Nobody said which store the cluster runs on. */
  readonly isUnnamed?: boolean;
  /** Under which name clients find it; left out: that of the broker. */
  readonly hostName?: string;
}

/** Errors of a boot after which the supervisor tries again, as Kubernetes does. */
const TRY_AGAIN = ['FENCED', 'VOLUME_LOCKED'];

/** Errors that a disk which is full or fails gives a broker a reason for. */
const DISK_TROUBLE = ['DATA_DIRECTORY_UNUSABLE', 'DISK_FULL', 'DISK_SYNC_FAILED', 'LOCAL_WAL_FAILED', 'EIO', 'ENOSPC'];

/** One broker id with everything that runs, or ran, under it: a supervisor, volumes, and zombies. */
export class BrokerHost {
  readonly id: number;
  readonly name: string;
  readonly counts = {
    boots: 0,
    kills: 0,
    'power losses': 0,
    wipes: 0,
    freezes: 0,
    'clean stops': 0,
    restores: 0,
    zombies: 0,
    'old volumes': 0,
  };
  readonly #world: HostWorld;
  readonly #volumes: Volume[] = [];
  readonly #running: Running[] = [];
  #processes = 0;
  #restartDue = false;
  /** The supervisor rests: nothing is restarted. */
  #retired = false;
  #refusals: string[] | undefined;
  #place: Place;
  /** Further errors of a boot that are no failure of the run: what a promotion waits for. */
  mayAlsoHold: readonly string[] = [];
  /** What ran before had time to upload everything: the restore itself excuses no loss. */
  #isRestore = false;

  constructor(world: HostWorld, id: number) {
    this.#world = world;
    this.#place = { active: world.bucket, replicas: [] };
    this.id = id;
    this.name = `broker-${id}`;
    this.newVolume();
  }

  get current(): Running | undefined {
    return this.#running.at(-1);
  }

  get serving(): boolean {
    const { current } = this;
    return current?.state === 'serving' && !current.process.frozen;
  }

  /** Processes that are alive, the current one and zombies. */
  alive(): Running[] {
    return this.#running.filter((one) => one.process.alive);
  }

  /** Processes that start from now on run there. */
  moveTo(place: Place): void {
    this.#place = place;
  }

  newVolume(): Volume {
    const { scheduler, environment } = this.#world;
    const volume = new Volume(scheduler, environment, `${this.name}-volume-${this.#volumes.length + 1}`);
    this.#volumes.push(volume);
    return volume;
  }

  get volume(): Volume {
    return this.#volumes.at(-1) as Volume;
  }

  /**
   * Whether what the process acknowledged from its disk at that time may be gone: the disk was lost or left behind
   * afterwards, or the process had been replaced and did not know it.
   */
  mayHaveLost(processName: string, ackedAtMs: number): boolean {
    const running = this.#running.find((one) => one.process.name === processName);
    if (running === undefined) return true;
    if (running.volume.abandonedAtMs.some((atMs) => atMs >= ackedAtMs)) return true;
    return running.supersededAtMs !== undefined && ackedAtMs >= running.supersededAtMs;
  }

  start(volume: Volume = this.volume, changes: Partial<BrokerVariation> = {}): void {
    const { scheduler, network, startBroker } = this.#world;
    const { active, replicas, promotion, hostName = this.name, isUnnamed = false } = this.#place;
    const variation = { ...this.#world.variation, ...changes };
    const process = new VirtualProcess(scheduler, `${this.name}.${++this.#processes}`);
    const running: Running = { process, volume, supersededAtMs: undefined, broker: undefined, state: 'booting' };
    this.#running.push(running);
    this.counts.boots++;
    scheduler.note(`${process.name}: starts on ${volume.name}`);
    startBroker({
      brokerId: this.id,
      host: hostName,
      port: BROKER_PORT,
      dataDirectory: '/data',
      clock: process.clock,
      random: process.random,
      disk: volume.disk.connect(process),
      transport: network.transportFor(process, hostName),
      store: active.connect(process),
      replicas: replicas.map((replica) => replica.connect(process)),
      promotion,
      isStoreNamed: !isUnnamed,
      logger: simLogger(scheduler, process.name),
      options: variation,
      exit: (why) => this.#exited(running, why),
    }).then(
      (broker) => {
        running.broker = broker;
        running.state = 'serving';
        scheduler.note(`${process.name}: serves`);
      },
      (error: unknown) => {
        if (this.#refusals !== undefined) this.#refusals.push(codeOf(error));
        else if (!this.#mayTryAgain(running, error)) process.fail(error);
        this.#exited(running, error instanceof Error ? error.message : String(error));
      },
    );
  }

  /** From now on boots are meant to be refused; gives the codes with which they were. */
  expectRefusals(): { readonly codes: readonly string[] } {
    this.#refusals = [];
    return { codes: this.#refusals };
  }

  #mayTryAgain(running: Running, error: unknown): boolean {
    const reasons = [...TRY_AGAIN, ...this.mayAlsoHold, ...(running.volume.hadTrouble ? DISK_TROUBLE : [])];
    return reasons.some((code) => hasCode(error, code));
  }

  #exited(running: Running, why: string): void {
    if (!running.process.alive) return;
    this.#end(running, `exit: ${why}`, false);
    this.restartLater();
  }

  #end(running: Running, why: string, silent: boolean): void {
    running.state = 'ended';
    running.process.kill(why);
    this.#world.network.processEnded(running.process, silent);
  }

  restartLater(meanMs = 700): void {
    if (this.#restartDue || this.#retired) return;
    this.#restartDue = true;
    this.#world.environment.schedule(this.#world.random.exponential(meanMs), () => {
      this.#restartDue = false;
      const { current } = this;
      if (!this.#retired && current?.process.alive !== true) this.start();
    });
  }

  kill(): void {
    const running = this.current;
    if (running?.process.alive !== true) return;
    this.counts.kills++;
    this.#end(running, 'kill -9', false);
    this.restartLater();
  }

  /** The machine loses power: what was not synced is gone, by chance. */
  losePower(): void {
    const running = this.current;
    if (running === undefined) return;
    this.counts['power losses']++;
    this.#end(running, 'power loss', true);
    running.volume.disk.losePower();
    this.restartLater();
  }

  /** Machine and disk are gone; the next process begins on an empty volume. */
  loseDisk(): void {
    const running = this.current;
    if (running === undefined) return;
    this.counts.wipes++;
    this.#end(running, 'disk lost', true);
    running.volume.abandonedAtMs.push(this.#world.scheduler.nowMs);
    running.volume.disk.wipe();
    running.volume.wiped = true;
    this.newVolume();
    this.restartLater();
  }

  /**
   * The process has claimed a data stream. What lies only on other volumes may be lost from now on, and whoever else still
   * runs acknowledges at his own risk until he notices.
   */
  claimed(processName: string): void {
    const claimant = this.#running.find((one) => one.process.name === processName);
    if (claimant === undefined || this.#isRestore) return;
    const { nowMs } = this.#world.scheduler;
    for (const volume of this.#volumes) if (volume !== claimant.volume) volume.abandonedAtMs.push(nowMs);
    for (const other of this.#running) if (other !== claimant && other.process.alive) other.supersededAtMs ??= nowMs;
  }

  /** Stops for a while, as in a long pause of the machine; nobody takes over. */
  freezeFor(durationMs: number): void {
    const running = this.current;
    if (running?.process.alive !== true) return;
    this.counts.freezes++;
    running.process.freeze();
    this.#world.environment.schedule(durationMs, () => running.process.resume());
  }

  /** The machine stops answering, a successor starts on an empty volume elsewhere, later the old process goes on. */
  becomeZombie(afterMs: number): void {
    const running = this.current;
    if (running?.process.alive !== true) return;
    this.counts.zombies++;
    running.process.freeze();
    this.newVolume();
    this.start();
    this.#world.environment.schedule(afterMs, () => running.process.resume());
  }

  /** The process runs on, and a second one with the same id starts elsewhere (a misconfiguration, a split network). */
  startRival(): void {
    const running = this.current;
    if (running?.process.alive !== true) return;
    this.counts.zombies++;
    this.newVolume();
    this.start();
  }

  /** The current process is gone with its disk; what comes back is a volume that was left behind earlier. */
  comeBackOnOldVolume(): void {
    const running = this.current;
    const old = this.#volumes.filter((volume) => volume !== this.volume && !volume.wiped);
    if (running === undefined || old.length === 0) return;
    this.counts['old volumes']++;
    this.#end(running, 'replaced by an older volume', true);
    const chosen = this.#world.random.pick(old);
    // A volume is in one place: whoever still ran on it is gone.
    for (const zombie of this.alive()) if (zombie.volume === chosen) this.#end(zombie, 'its volume was moved', true);
    this.#volumes.splice(this.#volumes.indexOf(chosen), 1);
    this.#volumes.push(chosen);
    this.restartLater();
  }

  /** SIGTERM; a process that does not end in time is killed. */
  stopCleanly(budgetMs: number): void {
    const running = this.current;
    if (running?.state !== 'serving' || running.process.frozen || running.broker === undefined) return;
    this.counts['clean stops']++;
    running.state = 'stopping';
    running.broker.stop().then(
      () => this.#exited(running, 'stopped'),
      (error: unknown) => {
        if (!this.#mayTryAgain(running, error)) running.process.fail(error);
        this.#exited(running, 'stopped with an error');
      },
    );
    this.#world.environment.schedule(budgetMs, () => this.#exited(running, 'it did not stop in time'));
  }

  /** Ends one process for good. */
  end(running: Running): void {
    this.#end(running, 'it is over', false);
  }

  /** After `leaveEnded`: the supervisor is back, and starts a process where none serves. */
  comeBack(): void {
    this.#retired = false;
    this.start();
  }

  /** What ends is not started again. */
  leaveEnded(): void {
    this.#retired = true;
  }

  /** Ends everything that runs and starts nothing more. */
  retire(): void {
    this.#retired = true;
    for (const running of this.alive()) this.#end(running, 'the run is over', false);
  }

  /** After `retire`: all disks are gone, one process starts with nothing but the bucket. */
  restoreFromBucket(): void {
    for (const volume of this.#volumes) volume.disk.wipe();
    this.#retired = false;
    this.#isRestore = true;
    this.counts.restores++;
    this.newVolume();
    this.start();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
