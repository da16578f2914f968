import { noDiskFaults } from '../sim-disk.ts';
import type { ClusterWorld } from './world.ts';

type Trouble =
  | 'kill'
  | 'power'
  | 'wipe'
  | 'freeze'
  | 'zombie'
  | 'rival'
  | 'old-volume'
  | 'stop'
  | 'skew'
  | 'full'
  | 'disk-error'
  | 'reset'
  | 'cut'
  | 'store-cut';

/** What happens in a run, with how often it does in comparison. */
const WEIGHTS: readonly (readonly [Trouble, number])[] = [
  ['kill', 5],
  ['power', 4],
  ['wipe', 3],
  ['freeze', 3],
  ['zombie', 3],
  ['rival', 1],
  ['old-volume', 2],
  ['stop', 3],
  ['skew', 1],
  ['full', 1],
  ['disk-error', 1],
  ['reset', 4],
  ['cut', 2],
  ['store-cut', 1],
];

/** Faults of machines, disks, processes and the network, at random times, each run with its own mix. */
export class Troubles {
  readonly #world: ClusterWorld;
  readonly #kinds: readonly Trouble[];
  #stopped = false;

  /** `only`: the kinds that may happen; all if left out. */
  constructor(world: ClusterWorld, only?: readonly Trouble[]) {
    this.#world = world;
    // Some runs see one kind of trouble only: rare interleavings come up sooner so.
    const possible = WEIGHTS.filter(([kind]) => only?.includes(kind) !== false);
    const chosen = possible.filter(() => world.random.chance(world.random.pick([0.3, 1])));
    this.#kinds = chosen.flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind));
  }

  start(meanPauseMs: number): void {
    const { environment, random } = this.#world;
    if (this.#stopped || this.#kinds.length === 0) return;
    environment.schedule(random.exponential(meanPauseMs), () => {
      if (this.#stopped) return;
      this.#strike(random.pick(this.#kinds));
      this.start(meanPauseMs);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const running of this.#world.host.alive()) running.volume.disk.faults = noDiskFaults;
    this.#world.host.volume.disk.faults = noDiskFaults;
  }

  #strike(kind: Trouble): void {
    const { host, random, network, environment, bucket } = this.#world;
    const running = host.current;
    switch (kind) {
      case 'kill':
        return host.kill();
      case 'power':
        return host.losePower();
      case 'wipe':
        return host.loseDisk();
      case 'freeze':
        return host.freezeFor(random.exponential(random.pick([200, 5_000])));
      case 'zombie':
        return host.becomeZombie(random.exponential(random.pick([2_000, 20_000])));
      case 'rival':
        return host.startRival();
      case 'old-volume':
        return host.comeBackOnOldVolume();
      case 'stop':
        return host.stopCleanly(30_000);
      case 'skew':
        return running?.process.setWallSkew(random.between(-120_000, 120_000));
      case 'full':
      case 'disk-error': {
        const { disk } = host.volume;
        host.volume.hadTrouble = true;
        disk.faults = kind === 'full' ? { ...noDiskFaults, full: true } : { ...noDiskFaults, syncError: 0.05 };
        environment.schedule(random.exponential(3_000), () => (disk.faults = noDiskFaults));
        return;
      }
      case 'reset':
        if (running !== undefined) network.resetConnections(running.process, random.pick([0.3, 1]));
        return;
      case 'cut':
        if (running === undefined) return;
        network.cut(running.process);
        environment.schedule(random.exponential(5_000), () => network.mend(running.process));
        return;
      case 'store-cut':
        if (running === undefined) return;
        bucket.setCutOff(running.process.name, true);
        environment.schedule(random.exponential(5_000), () => bucket.setCutOff(running.process.name, false));
    }
  }
}
