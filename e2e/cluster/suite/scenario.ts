import type { World } from './world.ts';

/** One line of the table: what is done to the cluster, and that nothing was lost by it. Each finds a cluster that is Ready, and leaves one. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** Resolves with what was measured. */
  readonly play: (world: World) => Promise<string>;
}

/** Thrown where a scenario cannot be played on a cluster that was there before; the table says so. */
export class NotPlayed extends Error {}
