import { isStoredBatch } from '../kafka/index.ts';
import { type BatchLocation, type LocatedBatch, slotKey } from '../log/index.ts';
import type { PatientStore } from '../store/index.ts';
import { BlockCache } from './block-cache.ts';
import { TierError } from './tier-error.ts';

export interface WalReaderOptions {
  /** Its requests are cold reads: give it a client of its own, so that they cannot delay a commit. */
  readonly store: PatientStore;
  /** Bytes fetched at once and kept together. */
  readonly blockBytes?: number;
  /** Memory for blocks. */
  readonly cacheBytes?: number;
  /** Requests under way at a time. */
  readonly concurrency?: number;
}

const BLOCK_BYTES = 1024 * 1024;
const CACHE_BYTES = 64 * 1024 * 1024;
const CONCURRENCY = 8;

/**
 * Reads committed batches back from the WAL objects in the bucket. Objects are read in aligned blocks, because a WAL object
 * holds batches of many partitions, whose readers share the blocks. Every batch is verified on every read (hole 13).
 */
export class WalReader {
  readonly #store: PatientStore;
  readonly #blockBytes: number;
  readonly #cache: BlockCache;

  constructor(options: WalReaderOptions) {
    this.#store = options.store;
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES;
    this.#cache = new BlockCache(options.cacheBytes ?? CACHE_BYTES, options.concurrency ?? CONCURRENCY);
  }

  get cachedBytes(): number {
    return this.#cache.usedBytes;
  }

  /** The batches at `locations`, in order. Rejects with a TierError; waits as long as the store is away. */
  async read(locations: readonly LocatedBatch[]): Promise<readonly Buffer[]> {
    const batches = cut(locations, await this.#load(locations), this.#blockBytes);
    const damaged = locations.filter((location, i) => !isStoredBatch(batches[i]!, location));
    if (damaged.length === 0) return batches;
    // Memory may be at fault: once more from the store.
    for (const location of damaged) for (const block of this.#blocksOf(location)) this.#cache.drop(block.key);
    const again = cut(locations, await this.#load(locations), this.#blockBytes);
    for (const [i, location] of locations.entries()) {
      if (!isStoredBatch(again[i]!, location)) throw corrupt(location);
    }
    return again;
  }

  /** Begins to fetch what will be read soon. */
  prefetch(locations: readonly BatchLocation[]): void {
    // Whoever reads it meets the same error, if it is one that stays.
    this.#load(locations).catch(() => undefined);
  }

  /** The blocks that hold the batches, by key. */
  async #load(locations: readonly BatchLocation[]): Promise<ReadonlyMap<string, Buffer>> {
    const wanted = new Map<string, Block>();
    for (const location of locations) for (const block of this.#blocksOf(location)) wanted.set(block.key, block);
    const loaded = new Map<string, Buffer>();
    await Promise.all(
      Array.from(wanted.values(), async (block) => {
        loaded.set(block.key, await this.#cache.get(block.key, () => this.#fetch(block)));
      }),
    );
    return loaded;
  }

  #blocksOf({ stream, slot, position, length }: BatchLocation): Block[] {
    const object = slotKey(stream, slot);
    const blocks: Block[] = [];
    const last = Math.floor((position + length - 1) / this.#blockBytes);
    for (let number = Math.floor(position / this.#blockBytes); number <= last; number++) {
      blocks.push({ key: blockKey(object, number), object, start: number * this.#blockBytes });
    }
    return blocks;
  }

  async #fetch({ object, start }: Block): Promise<Buffer> {
    const block = await this.#store.get(object, { start, length: this.#blockBytes });
    if (block === undefined) {
      throw new TierError('LOST_SLOT', `${object} is gone, though it holds committed batches`, { key: object });
    }
    return block;
  }
}

interface Block {
  readonly key: string;
  readonly object: string;
  readonly start: number;
}

function blockKey(object: string, number: number): string {
  return `${object}#${number}`;
}

/** Cuts the batches out of their blocks; one that lies in two blocks is put together. */
function cut(locations: readonly BatchLocation[], blocks: ReadonlyMap<string, Buffer>, blockBytes: number): Buffer[] {
  return locations.map(({ stream, slot, position, length }) => {
    const object = slotKey(stream, slot);
    const first = Math.floor(position / blockBytes);
    const last = Math.floor((position + length - 1) / blockBytes);
    const parts: Buffer[] = [];
    for (let number = first; number <= last; number++) {
      const start = number * blockBytes;
      const block = blocks.get(blockKey(object, number));
      if (block !== undefined) parts.push(block.subarray(Math.max(0, position - start), position + length - start));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  });
}

function corrupt({ stream, slot, position, length }: BatchLocation): TierError {
  const key = slotKey(stream, slot);
  return new TierError('CORRUPT_BATCH', `${key} does not hold the batch at byte ${position}`, {
    key,
    position,
    length,
  });
}
