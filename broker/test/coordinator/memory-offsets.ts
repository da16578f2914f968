import { ChronikError } from '../../src/edge/index.ts';
import type { LoadedRecord, OffsetsPort, OffsetsRecord } from '../../src/coordinator/index.ts';

interface Pending {
  readonly partition: number;
  readonly records: readonly OffsetsRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** `__consumer_offsets` in memory. Appends commit at once, or one by one when `held`. */
export class MemoryOffsets implements OffsetsPort {
  readonly partitionCount: number;
  readonly log: { partition: number; record: LoadedRecord }[] = [];
  readonly #pending: Pending[] = [];
  readonly #proofs: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  /** Appends wait for `commit`. */
  held = false;
  /** Proofs wait for `grantProofs`. */
  proofsHeld = false;
  proofs = 0;
  #refusal: ChronikError | undefined;
  #loadGate: Promise<void> = Promise.resolve();

  constructor(partitionCount = 1, log: readonly { partition: number; record: LoadedRecord }[] = []) {
    this.partitionCount = partitionCount;
    this.log.push(...log);
  }

  get pendingAppends(): number {
    return this.#pending.length;
  }

  /** Another broker has sealed our stream: everything fails from now on. */
  fence(): void {
    this.refuse('FENCED');
    for (const { reject } of this.#pending.splice(0)) reject(this.#refusal);
    for (const { reject } of this.#proofs.splice(0)) reject(this.#refusal);
  }

  /** Appends and proofs fail with `code`. */
  refuse(code: string): void {
    this.#refusal = new ChronikError(code, 'Refused by the test.');
  }

  async append(partition: number, records: readonly OffsetsRecord[]): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.push({ partition, records, resolve, reject });
    if (!this.held) this.commit();
    return promise;
  }

  /** Commits the oldest pending appends. */
  commit(count = this.#pending.length): void {
    for (const { partition, records, resolve } of this.#pending.splice(0, count)) {
      for (const { key, value } of records) {
        this.log.push({ partition, record: { key, value, offset: this.log.length, timestampMs: 0 } });
      }
      resolve();
    }
  }

  /** Loads wait until the returned function is called. */
  holdLoads(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#loadGate = promise;
    return resolve;
  }

  async *load(partition: number): AsyncGenerator<LoadedRecord> {
    await this.#loadGate;
    for (const entry of this.log.slice()) if (entry.partition === partition) yield entry.record;
  }

  async proveOpen(): Promise<void> {
    this.proofs++;
    if (this.#refusal !== undefined) throw this.#refusal;
    if (!this.proofsHeld) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#proofs.push({ resolve, reject });
    return promise;
  }

  grantProofs(): void {
    for (const { resolve } of this.#proofs.splice(0)) resolve();
  }

  /** What is left after compaction: the newest value of each key, tombstones gone. */
  compacted(): ReadonlyMap<string, Buffer> {
    const newest = new Map<string, Buffer>();
    for (const { record } of this.log) {
      const key = record.key?.toString('hex') ?? '';
      newest.delete(key);
      if (record.value !== null) newest.set(key, record.value);
    }
    return newest;
  }
}
