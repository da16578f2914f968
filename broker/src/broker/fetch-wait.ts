import type { Timer } from '../edge/index.ts';
import type { Peer } from '../net/index.ts';
import type { HighWatermarkWatcher, PartitionLog } from '../partition/index.ts';
import { hasEnough, logOf } from './fetch-plan.ts';
import type { FetchedPartition } from './fetch-sessions.ts';
import type { Services } from './services.ts';

/** A long poll: waits until enough is committed, a partition has other news, or the time is over. */
class FetchWait implements HighWatermarkWatcher {
  readonly #services: Services;
  readonly #partitions: readonly FetchedPartition[];
  readonly #minBytes: number;
  readonly #logs: PartitionLog[] = [];
  readonly #peer: Peer;
  readonly #timer: Timer;
  readonly #resolve: () => void;
  readonly #end = (): void => this.#finish();

  constructor(
    services: Services,
    partitions: readonly FetchedPartition[],
    limits: { readonly minBytes: number; readonly maxWaitMs: number },
    peer: Peer,
    resolve: () => void,
  ) {
    this.#services = services;
    this.#partitions = partitions;
    this.#minBytes = limits.minBytes;
    this.#peer = peer;
    this.#resolve = resolve;
    for (const partition of partitions) {
      const log = logOf(services, partition);
      if (typeof log === 'string') continue;
      this.#logs.push(log);
      log.watch(this);
    }
    this.#timer = services.clock.setTimer(limits.maxWaitMs, this.#end);
    peer.onClosed.add(this.#end);
  }

  highWatermarkMoved(): void {
    if (hasEnough(this.#services, this.#partitions, this.#minBytes)) this.#finish();
  }

  #finish(): void {
    this.#timer.cancel();
    this.#peer.onClosed.delete(this.#end);
    for (const log of this.#logs) log.watchers.delete(this);
    this.#resolve();
  }
}

/** Resolves when a fetch of `partitions` should be answered. */
export function waitForData(
  services: Services,
  partitions: readonly FetchedPartition[],
  limits: { readonly minBytes: number; readonly maxWaitMs: number },
  peer: Peer,
): Promise<void> {
  return new Promise((resolve) => {
    // The logs that it watches hold it.
    void new FetchWait(services, partitions, limits, peer, resolve);
  });
}
