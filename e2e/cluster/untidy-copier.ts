import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pause } from './processes.ts';

/**
 * Copies a directory that plays a bucket to another one, as a provider's replication does: behind, in no order, new objects only. Ends
 * when its source is gone.
 */
export class UntidyCopier {
  readonly #from: string;
  readonly #to: string;
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (const name of this.#missing()) {
        if (this.#stopped) return;
        this.#copy(name);
      }
      await pause(300);
    }
  }

  /** In no order: what is new may come before what is old. */
  #missing(): readonly string[] {
    if (!existsSync(this.#from)) return [];
    return readdirSync(this.#from, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.#from.length + 1))
      .filter((name) => !name.startsWith('.') && !existsSync(join(this.#to, name)))
      .map((name) => ({ name, order: Math.random() }))
      .toSorted((a, b) => a.order - b.order)
      .map(({ name }) => name);
  }

  #copy(name: string): void {
    try {
      const target = join(this.#to, name);
      mkdirSync(dirname(target), { recursive: true });
      // An object is there as a whole or not at all.
      const temporary = join(this.#to, '.copying');
      copyFileSync(join(this.#from, name), temporary);
      renameSync(temporary, target);
    } catch {
      // The source went while it was read: that is what the scenario is about.
    }
  }
}
