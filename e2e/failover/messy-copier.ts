import { link, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** How long objects are on their way, in milliseconds: most for a moment, some for long. Never in order. */
const SOON_MS = 150;
const STRAGGLER_MS = 2_500;
const STRAGGLERS = 0.02;
const LOOK_MS = 30;

/**
 * Copies one directory bucket to another as a provider's replication does it: every object by itself, each after a time of its own,
 * so that new ones arrive before old ones, and what was on its way when the source was lost never arrives.
 */
export class MessyCopier {
  readonly #from: string;
  readonly #to: string;
  readonly #seen = new Set<string>();
  readonly #onTheWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #copied = 0;
  #lost = 0;
  #overtaken = 0;
  #newestCopied = 0;

  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
    this.#schedule();
  }

  /** Objects that arrived, that were still on their way when the source was lost, and that came after a newer one. */
  get counts(): { readonly copied: number; readonly lost: number; readonly overtaken: number } {
    return { copied: this.#copied, lost: this.#lost, overtaken: this.#overtaken };
  }

  /** The source is gone: what has not been read yet never arrives. */
  async sourceLost(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#onTheWay);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#look().finally(() => this.#schedule()), LOOK_MS);
  }

  async #look(): Promise<void> {
    for (const key of await keysIn(this.#from)) {
      if (this.#seen.has(key)) continue;
      const order = this.#seen.size;
      this.#seen.add(key);
      const meanMs = Math.random() < STRAGGLERS ? STRAGGLER_MS : SOON_MS;
      const copying = wait(-Math.log(1 - Math.random()) * meanMs).then(() => this.#copy(key, order));
      this.#onTheWay.add(copying);
      void copying.finally(() => this.#onTheWay.delete(copying));
    }
  }

  async #copy(key: string, order: number): Promise<void> {
    const body = await readFile(join(this.#from, key)).catch(() => undefined);
    if (body === undefined || this.#isStopped) {
      this.#lost += 1;
      return;
    }
    const target = join(this.#to, key);
    const temporary = join(this.#to, '.tmp', `copy-${order}`);
    await mkdir(dirname(target), { recursive: true });
    await mkdir(dirname(temporary), { recursive: true });
    await writeFile(temporary, body);
    await link(temporary, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(temporary);
    this.#copied += 1;
    if (order < this.#newestCopied) this.#overtaken += 1;
    this.#newestCopied = Math.max(this.#newestCopied, order);
  }
}

/** Objects of a directory bucket; its own files begin with a dot. */
async function keysIn(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((key) => !key.startsWith('.') && !key.startsWith('probe/'));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
