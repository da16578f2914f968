/**
 * Blocks of objects in memory, the least recently used one leaving first. One request per block is under way at a time,
 * shared by everyone who asks for it meanwhile; at most `concurrency` are under way in all.
 */
export class BlockCache {
  readonly #maxBytes: number;
  readonly #concurrency: number;
  /** In order of use, oldest first. */
  readonly #blocks = new Map<string, Buffer>();
  readonly #loading = new Map<string, Promise<Buffer>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #usedBytes = 0;

  constructor(maxBytes: number, concurrency: number) {
    this.#maxBytes = maxBytes;
    this.#concurrency = concurrency;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The block under `key`, from memory or from `load`. A failure is not remembered. */
  get(key: string, load: () => Promise<Buffer>): Promise<Buffer> {
    const block = this.#blocks.get(key);
    if (block !== undefined) {
      this.#blocks.delete(key);
      this.#blocks.set(key, block);
      return Promise.resolve(block);
    }
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.#load(key, load);
      this.#loading.set(key, loading);
    }
    return loading;
  }

  /** Forgets a block whose bytes turned out to be wrong. */
  drop(key: string): void {
    const block = this.#blocks.get(key);
    if (block !== undefined && this.#blocks.delete(key)) this.#usedBytes -= block.length;
  }

  async #load(key: string, load: () => Promise<Buffer>): Promise<Buffer> {
    await this.#turn();
    try {
      const block = await load();
      this.#blocks.set(key, block);
      this.#usedBytes += block.length;
      this.#evict();
      return block;
    } finally {
      this.#loading.delete(key);
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= this.#concurrency) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#running++;
  }

  #evict(): void {
    for (const [key, block] of this.#blocks) {
      if (this.#usedBytes <= this.#maxBytes) return;
      this.#blocks.delete(key);
      this.#usedBytes -= block.length;
    }
  }
}
