import type { Scheduler } from '../scheduler.ts';
import type { SimNetwork } from '../sim-network.ts';
import type { Model } from '../model.ts';
import type { Endpoint } from './cluster-client.ts';

/** What every client of a run shares. */
export interface ClientWorld {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly model: Model;
  readonly bootstrap: readonly Endpoint[];
  /** Set when the load phase is over: producers finish what is outstanding, consumers stop. */
  readonly stopping: () => boolean;
}
