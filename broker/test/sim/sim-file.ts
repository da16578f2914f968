import type { Random } from '../../src/edge/index.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** What stood at `at` before it was written over. */
interface Overwrite {
  readonly at: number;
  readonly before: Buffer;
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
  /** Writes over what was there, oldest first, that no sync has stored: a power loss takes them back from some point on. */
  #overwrites: Overwrite[] = [];
  /** The same, dropped by the kernel after a failed sync: a power loss brings back what stood there. */
  #droppedOverwrites: Overwrite[] = [];

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

  /** Puts the bytes over what is there from `position` on, and behind its end. Answers where they end. */
  write(position: number, parts: readonly Uint8Array[]): number {
    let at = position;
    for (const part of parts) {
      const over = Math.min(part.length, Math.max(0, this.#sizeBytes - at));
      if (over > 0) {
        this.#overwrites.push({ at, before: this.read(at, over) });
        this.#data.set(part.subarray(0, over), at);
      }
      if (over < part.length) this.append([part.subarray(over)]);
      at += part.length;
    }
    return at;
  }

  /** What a sync that begins now will make durable. */
  get unsynced(): { readonly sizeBytes: number; readonly overwrites: number } {
    return { sizeBytes: this.#sizeBytes, overwrites: this.#overwrites.length };
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

  /** The first `sizeBytes` bytes, and the first `overwrites` writes over what was there, survive from now on. */
  markDurable({ sizeBytes, overwrites }: SimFile['unsynced']): void {
    this.#overwrites.splice(0, overwrites);
    this.#durableBytes = Math.max(this.#durableBytes, Math.min(sizeBytes, this.#sizeBytes));
    this.#beforeTruncate = undefined;
  }

  /** A sync failed: what it should have stored is marked clean by the kernel, and will never reach the disk. */
  dropUnsynced(): void {
    if (this.#durableBytes < this.#sizeBytes) this.#dropped.push({ start: this.#durableBytes, end: this.#sizeBytes });
    this.#droppedOverwrites.push(...this.#overwrites.splice(0));
  }

  /** What is left: all that was synced, and of the rest a random prefix, the end of it perhaps torn. */
  losePower(random: Random): void {
    const old = this.#beforeTruncate;
    if (old !== undefined && random.fraction() < 0.5) {
      this.#data = old;
      this.#sizeBytes = old.length;
    } else {
      const unsynced = this.#sizeBytes - this.#durableBytes;
      const isOverwritten = this.#keepOverwrites(random);
      const keptBytes = isOverwritten ? Math.floor(random.fraction() * (unsynced + 1)) : 0;
      const tornBytes = random.fraction() < 0.3 ? Math.floor(random.fraction() * (keptBytes + 1)) : 0;
      this.#sizeBytes = this.#durableBytes + keptBytes;
      this.#data.fill(0, this.#sizeBytes - tornBytes, this.#sizeBytes);
    }
    for (const { start, end } of this.#dropped) this.#data.fill(0, start, Math.min(end, this.#sizeBytes));
    for (const { at, before } of this.#droppedOverwrites.splice(0).reverse()) this.#data.set(before, at);
    this.#dropped = [];
    this.#overwrites = [];
    this.#beforeTruncate = undefined;
    this.#durableBytes = this.#sizeBytes;
  }

  /** Takes the un-synced writes over older bytes back, all but a random part from the first on; false if any went. */
  #keepOverwrites(random: Random): boolean {
    const total = this.#overwrites.reduce((sum, { before }) => sum + before.length, 0);
    if (total === 0) return true;
    const kept = Math.floor(random.fraction() * (total + 1));
    let end = total;
    for (const { at, before } of this.#overwrites.toReversed()) {
      const start = end - before.length;
      const keptHere = Math.max(0, Math.min(before.length, kept - start));
      this.#data.set(before.subarray(keptHere), at + keptHere);
      end = start;
    }
    return kept === total;
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
