import type { DiskAcks } from '../meta/index.ts';

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
  readonly #wal: SyncedWal;
  readonly #declare: () => Promise<void>;
  #declared: Promise<void> | undefined;

  /** `declare`: commits that this broker acknowledges from its disk. */
  constructor(wal: SyncedWal, current: DiskAcks, declare: () => Promise<void>) {
    this.#wal = wal;
    this.#declare = declare;
    if (current !== 'none') this.#declared = Promise.resolve();
  }

  /** Resolves when all that was appended before the call is on disk and may be acknowledged. */
  async durable(): Promise<void> {
    const synced = this.#wal.sync();
    this.#declared ??= this.#declareOnce();
    await Promise.all([synced, this.#declared]);
  }

  async #declareOnce(): Promise<void> {
    try {
      await this.#declare();
    } catch (error) {
      this.#declared = undefined;
      throw error;
    }
  }
}
