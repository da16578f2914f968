import { BATCH_HEADER_BYTES, batchSizeBytes, isBatchCrcValid } from '../kafka/index.ts';
import { type BatchLocation, slotKey } from '../log/index.ts';
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
  read(locations: readonly BatchLocation[]): Promise<readonly Buffer[]> {
    return Promise.all(locations.map((location) => this.#readVerified(location)));
  }

  async #readVerified(location: BatchLocation): Promise<Buffer> {
    const batch = await this.#readBatch(location);
    if (isWhole(batch, location.length)) return batch;
    // Memory may be at fault: once more from the store.
    for (const { key } of this.#blocksOf(location)) this.#cache.drop(key);
    const again = await this.#readBatch(location);
    if (isWhole(again, location.length)) return again;
    const key = slotKey(location.stream, location.slot);
    const { position, length } = location;
    throw new TierError('CORRUPT_BATCH', `${key} does not hold the batch at byte ${position}`, {
      key,
      position,
      length,
    });
  }

  async #readBatch(location: BatchLocation): Promise<Buffer> {
    const blocks = this.#blocksOf(location);
    const parts = await Promise.all(
      blocks.map(async ({ key, start }) => {
        const block = await this.#cache.get(key, () => this.#load(location, start));
        const from = Math.max(0, location.position - start);
        return block.subarray(from, location.position + location.length - start);
      }),
    );
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  #blocksOf(location: BatchLocation): { readonly key: string; readonly start: number }[] {
    const object = slotKey(location.stream, location.slot);
    const blocks: { key: string; start: number }[] = [];
    const first = Math.floor(location.position / this.#blockBytes);
    const last = Math.floor((location.position + location.length - 1) / this.#blockBytes);
    for (let block = first; block <= last; block++) {
      blocks.push({ key: `${object}#${block}`, start: block * this.#blockBytes });
    }
    return blocks;
  }

  async #load(location: BatchLocation, start: number): Promise<Buffer> {
    const key = slotKey(location.stream, location.slot);
    const block = await this.#store.get(key, { start, length: this.#blockBytes });
    if (block === undefined) {
      throw new TierError('LOST_SLOT', `${key} is gone, though it holds committed batches`, { key });
    }
    return block;
  }
}

function isWhole(batch: Buffer, length: number): boolean {
  return (
    batch.length === length &&
    length >= BATCH_HEADER_BYTES &&
    batchSizeBytes(batch) === length &&
    isBatchCrcValid(batch)
  );
}
