import { runningChecksum } from './object-checksum.ts';
import type { ObjectChecksum, RunningChecksum } from './object-checksum.ts';
import type { PatientStore } from './patient-store.ts';
import { StoreError } from './store-error.ts';

/** Compares an object that is read in ranges, of which no store has a checksum, with what the store keeps of the whole. */
export class WholeChecksum {
  readonly #what: string;
  readonly #kept: ObjectChecksum;
  #received: RunningChecksum;

  private constructor(what: string, kept: ObjectChecksum) {
    this.#what = what;
    this.#kept = kept;
    this.#received = runningChecksum(kept.algorithm);
  }

  /** Undefined if the store keeps none: a directory, or what was sent to S3 in parts. */
  static async of(from: PatientStore, key: string, signal?: AbortSignal): Promise<WholeChecksum | undefined> {
    const kept = await from.checksum(key, signal);
    return kept === undefined ? undefined : new WholeChecksum(`${key} in ${from.description}`, kept);
  }

  /** The bytes at `start`, in order; 0 begins anew. */
  update(start: number, bytes: Uint8Array): void {
    if (start === 0) this.#received = runningChecksum(this.#kept.algorithm);
    this.#received.update(bytes);
  }

  /** Throws `corrupt` if the bytes so far are not those that were stored. */
  verify(): void {
    const { algorithm, text } = this.#kept;
    if (this.#received.text() === text) return;
    throw new StoreError(
      'corrupt',
      `${this.#what} was read whole and does not have the checksum that the store names`,
      {
        remedy: 'If it stays so, the object is damaged in the store.',
        details: { algorithm, checksum: text },
      },
    );
  }
}
