import type { Clock } from '../edge/index.ts';
import type { DiskAcks } from '../meta/index.ts';
import { within } from './within.ts';

/** The part of the local WAL that acknowledgements need. */
export interface SyncedWal {
  /** Resolves when all that was appended before the call is on disk. */
  sync(): Promise<void>;
}

/**
 * Acknowledgements from the local disk (acks=1). Before the first one the metadata say that there are such: whoever takes
 * this broker's stream over later then knows that its volume may hold an acknowledged tail (16-settled, takeover grace).
 */
export class LocalAcks {
  readonly #clock: Clock;
  readonly #wal: SyncedWal;
  readonly #declare: () => Promise<void>;
  #isDeclared: boolean;
  #declaring: Promise<void> | undefined;

  /** `declare`: commits that this broker acknowledges from its disk. */
  constructor(clock: Clock, wal: SyncedWal, current: DiskAcks, declare: () => Promise<void>) {
    this.#clock = clock;
    this.#wal = wal;
    this.#declare = declare;
    this.#isDeclared = current !== 'none';
  }

  /**
   * Resolves when all that was appended before the call is on disk and may be acknowledged. Rejects with TIMED_OUT if the
   * first declaration takes longer than `timeoutMs` (the store is away), and as `sync` and `declare` do.
   */
  durable(timeoutMs: number): Promise<void> {
    const synced = this.#wal.sync();
    if (this.#isDeclared) return synced;
    this.#declaring ??= this.#declareOnce();
    const both = Promise.all([synced, this.#declaring]).then(() => undefined);
    return within(this.#clock, Math.max(0, timeoutMs), 'Declaring acknowledgements from the local disk', both);
  }

  async #declareOnce(): Promise<void> {
    try {
      await this.#declare();
      this.#isDeclared = true;
    } finally {
      this.#declaring = undefined;
    }
  }
}
