import { errorFor } from './boot-error.ts';
import { ensureDirectory, explainDiskError, lockVolume } from './data-directory.ts';
import { demandEpochOf, demandTimelineOf } from './history-of-volume.ts';
import { look } from './look.ts';
import type { LookOptions } from './look.ts';
import { surveyVolume } from './volume.ts';
import type { Volume } from './volume.ts';

export type VolumeClass = 'Empty' | 'Initialized' | 'Foreign' | 'Corrupt';

/** What a start would do, found without doing it. */
export interface Prepared {
  readonly volume: VolumeClass;
  /** `promote`: the plan orders it, and the store is a replica as yet. */
  readonly decision: 'create' | 'restore' | 'attach' | 'promote';
  readonly why: string;
  readonly lineage: string | undefined;
  readonly timeline: string | undefined;
}

export interface PrepareOptions extends LookOptions {
  /** Shown to whoever finds the volume locked, e.g. `pid 4711 on host`. */
  readonly lockOwner: string;
  /** The plan orders that the store becomes the primary. */
  readonly promotes: boolean;
  readonly onVolume: (volume: VolumeClass) => void;
  /** Rejects when the attempt is to be given up; the volume is then unlocked at once. */
  readonly givenUp: Promise<never>;
}

/**
 * Applies the decision table to volume and stores as a boot would, and claims nothing: what it finds, the boot finds again and
 * acts upon. Nothing is written to a store. Only the watch for another installation is left to the boot, which holds on it
 * by itself. Rejects with what a boot would hold on or refuse, with the volume unlocked.
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { disk, dataDirectory, lockOwner, givenUp } = options;
  await ensureDirectory(disk, dataDirectory);
  const lock = await lockVolume(disk, dataDirectory, lockOwner);
  try {
    return await Promise.race([find(options), givenUp]);
  } catch (error) {
    throw explainDiskError(error, dataDirectory);
  } finally {
    await lock.release();
  }
}

async function find(options: PrepareOptions): Promise<Prepared> {
  const volume = await surveyVolume(options.disk, options.dataDirectory);
  options.onVolume(classOf(volume));
  const { state, tree, decision } = await look(volume, options);
  const lineage = state.kind === 'cluster' ? state.lineage : undefined;
  const found = { volume: classOf(volume), lineage };
  switch (decision.action) {
    case 'create': {
      const why = 'the store is empty, or a first start was cut short there';
      return { ...found, decision: 'create', why, timeline: undefined };
    }
    case 'open':
      if (!options.promotes) demandTimelineOf(volume, tree, options.store);
      await demandEpochOf(volume, options.store, decision.timeline);
      return { ...found, decision: decision.mode, why: decision.why, timeline: decision.timeline };
    case 'hold':
      if (options.promotes && decision.code === 'STORE_IS_REPLICA') {
        return { ...found, decision: 'promote', why: 'the boot plan promotes this store', timeline: undefined };
      }
      throw errorFor(decision);
    case 'refuse':
      throw errorFor(decision);
  }
}

function classOf({ kind }: Volume): VolumeClass {
  switch (kind) {
    case 'empty':
      return 'Empty';
    case 'identified':
      return 'Initialized';
    case 'foreign':
      return 'Foreign';
    case 'corrupt':
      return 'Corrupt';
  }
}
