import type { Random } from '../../src/edge/index.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The bytes of one file: what the kernel has, and what of it would survive a power loss. */
export class SimFile {
  readonly kind = 'file';
  #data: Buffer = Buffer.alloc(0);
  #sizeBytes = 0;
  #durableBytes = 0;
  /** Content as of the last sync, if it was truncated since: a power loss may bring it back. */
  #beforeTruncate: Buffer | undefined;
  /** Pages that the kernel dropped after a failed sync; readable until the power goes, then zeros. */
  #dropped: Range[] = [];

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#reserve(this.#sizeBytes + part.length);
      this.#data.set(part, this.#sizeBytes);
      this.#sizeBytes += part.length;
    }
  }

  /** A copy of the bytes from `position`, cut short at the end. */
  read(position: number, length: number): Buffer {
    const end = Math.min(this.#sizeBytes, position + length);
    return Buffer.from(this.#data.subarray(Math.min(position, end), end));
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes < this.#durableBytes) {
      this.#beforeTruncate ??= this.read(0, this.#durableBytes);
      this.#durableBytes = sizeBytes;
    }
    this.#reserve(sizeBytes);
    if (sizeBytes > this.#sizeBytes) this.#data.fill(0, this.#sizeBytes, sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** The first `sizeBytes` bytes survive from now on. */
  markDurable(sizeBytes: number): void {
    this.#durableBytes = Math.max(this.#durableBytes, Math.min(sizeBytes, this.#sizeBytes));
    this.#beforeTruncate = undefined;
  }

  /** A sync failed: what it should have stored is marked clean by the kernel, and will never reach the disk. */
  dropUnsynced(): void {
    if (this.#durableBytes < this.#sizeBytes) this.#dropped.push({ start: this.#durableBytes, end: this.#sizeBytes });
  }

  /** What is left: all that was synced, and of the rest a random prefix, the end of it perhaps torn. */
  losePower(random: Random): void {
    const old = this.#beforeTruncate;
    if (old !== undefined && random.fraction() < 0.5) {
      this.#data = old;
      this.#sizeBytes = old.length;
    } else {
      const unsynced = this.#sizeBytes - this.#durableBytes;
      const keptBytes = Math.floor(random.fraction() * (unsynced + 1));
      const tornBytes = random.fraction() < 0.3 ? Math.floor(random.fraction() * (keptBytes + 1)) : 0;
      this.#sizeBytes = this.#durableBytes + keptBytes;
      this.#data.fill(0, this.#sizeBytes - tornBytes, this.#sizeBytes);
    }
    for (const { start, end } of this.#dropped) this.#data.fill(0, start, Math.min(end, this.#sizeBytes));
    this.#dropped = [];
    this.#beforeTruncate = undefined;
    this.#durableBytes = this.#sizeBytes;
  }

  flipBit(bit: number): void {
    if (bit >= this.#sizeBytes * 8) throw new Error('No such bit');
    this.#data[bit >>> 3]! ^= 1 << (bit & 7);
  }

  #reserve(sizeBytes: number): void {
    if (this.#data.length >= sizeBytes) return;
    const grown = Buffer.alloc(Math.max(sizeBytes, this.#data.length * 2, 64));
    grown.set(this.#data.subarray(0, this.#sizeBytes));
    this.#data = grown;
  }
}
