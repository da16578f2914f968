import type { BrokerConfig, NamedStoreConfig } from '../config/index.ts';
import { ChronikError, systemClock, systemHostName, systemRandom } from '../edge/index.ts';
import type { Disk, Logger } from '../edge/index.ts';
import { prepare } from '../recovery/index.ts';
import type { Prepared } from '../recovery/index.ts';
import { StoreHealth } from '../store/index.ts';
import type { PatientStore } from '../store/index.ts';
import { FailoverPreview } from './failover-preview.ts';
import { openForLook } from './open-bucket.ts';
import { PlanWatch } from './plan-watch.ts';
import { heldBy } from './process-status.ts';
import type { ProcessStatus } from './process-status.ts';
import { standingPlan, storeToFollow } from './standing-plan.ts';

/** How long it waits before it looks again; it claims nothing, so a look costs a few requests. */
const LOOK_AGAIN_MS = 5_000;

export interface PrepareContext {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly status: ProcessStatus;
}

/** Looks, says what is in the way, and looks again, until nothing is. */
export class PrepareRun {
  readonly #config: BrokerConfig;
  readonly #context: PrepareContext;
  /** By name of the store: each look opens it anew, and an outage is as old as the first look that met it. */
  readonly #healths = new Map<string, StoreHealth>();

  constructor(config: BrokerConfig, context: PrepareContext) {
    this.#config = config;
    this.#context = context;
  }

  /** Resolves with what a start would do. Rejects only with what is a bug. */
  async untilPrepared(): Promise<Prepared> {
    const { disk, logger, status } = this.#context;
    const watch = new PlanWatch({ clock: systemClock, disk }, this.#config.bootPlan);
    for (;;) {
      try {
        await watch.look();
        return await this.#attempt(watch);
      } catch (error) {
        // Also what a boot refuses: a pod that ends and starts in a loop tells less than one that stays and says why.
        if (!(error instanceof ChronikError)) throw error;
        if (error instanceof PlanChangedError) continue;
        const { code, message, remedy } = error;
        if (status.held?.code !== code || status.held.message !== message) {
          logger.warn('Holding', { code, reason: message, remedy, nextLookMs: LOOK_AGAIN_MS });
        }
        status.state = 'holding';
        status.held = heldBy(error);
        await watch.pause(LOOK_AGAIN_MS);
      }
    }
  }

  /**
   * One look, given up as soon as the plan changes: it may name another store than the one that does not answer. `followed`: the
   * store that the timelines name, where the plan only assumes one.
   */
  async #attempt(watch: PlanWatch, followed?: string): Promise<Prepared> {
    const { disk, logger, status } = this.#context;
    const { plan, config, isStoreNamed, onlyReleased } = await standingPlan(disk, this.#config, followed);
    const opened = await Promise.all([config.primary, ...config.replicas].map((one) => this.#open(one)));
    const [store, ...replicas] = opened as [PatientStore, ...PatientStore[]];
    status.store = store;
    if (status.activeStore !== config.primary.name) {
      status.activeStore = config.primary.name;
      status.preview?.stop();
      status.preview = new FailoverPreview(config, () => status.store?.storeState().reachable === false);
      status.preview.start();
    }
    const done = new AbortController();
    try {
      return await prepare({
        clock: systemClock,
        random: systemRandom,
        disk,
        logger,
        store,
        replicas,
        isStoreNamed,
        onlyReleased,
        promotes: plan.mode === 'Promote',
        dataDirectory: config.dataDirectory,
        broker: config.brokerId,
        lineage: config.lineage,
        lockOwner: `pid ${process.pid} (chronik prepare) on ${systemHostName()}`,
        onVolume: (volume) => {
          status.volume = volume;
        },
        givenUp: planChange(watch, done.signal),
      });
    } catch (error) {
      const others = config.replicas.map(({ name }, index) => ({ name, store: replicas[index]! }));
      const next = followed === undefined ? storeToFollow(error, plan, others) : undefined;
      if (next === undefined) throw error;
      return await this.#attempt(watch, next);
    } finally {
      done.abort();
      await Promise.all(opened.map((one) => one.close()));
    }
  }

  #open(config: NamedStoreConfig): Promise<PatientStore> {
    const health = this.#healths.get(config.name) ?? new StoreHealth(systemClock);
    this.#healths.set(config.name, health);
    return openForLook(config, health);
  }
}

/** Never resolves. Rejects once the plan reads otherwise. */
function planChange(watch: PlanWatch, signal: AbortSignal): Promise<never> {
  const changed = watch.pause(Number.POSITIVE_INFINITY, signal).then(() => {
    throw new PlanChangedError();
  });
  // Whether anybody still listens when the attempt is over says nothing about it.
  changed.catch(() => undefined);
  return changed;
}

class PlanChangedError extends ChronikError {
  constructor() {
    super('PLAN_CHANGED', 'the boot plan has changed');
  }
}
