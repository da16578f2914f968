import { sleep } from '../edge/index.ts';
import type { Clock, Disk } from '../edge/index.ts';

/** A plan is a small file on this machine: looking at it often costs nothing. */
const LOOK_MS = 1_000;

/** Tells whether the boot plan reads otherwise than it did. */
export class PlanWatch {
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #path: string | undefined;
  #seen: string | undefined;

  constructor(edges: { readonly clock: Clock; readonly disk: Disk }, path: string | undefined) {
    this.#clock = edges.clock;
    this.#disk = edges.disk;
    this.#path = path;
  }

  /** Remembers how it reads now; to be called before the plan itself is read, so that no change is missed. */
  async look(): Promise<void> {
    this.#seen = await this.#text();
  }

  /** Resolves after `pauseMs`, or as soon as the plan reads otherwise than at the last look. Rejects when the signal aborts. */
  async pause(pauseMs: number, signal?: AbortSignal): Promise<void> {
    for (let waitedMs = 0; waitedMs < pauseMs; waitedMs += LOOK_MS) {
      await sleep(this.#clock, Math.min(LOOK_MS, pauseMs - waitedMs), signal);
      if ((await this.#text()) !== this.#seen) return;
    }
  }

  /** Undefined also if it cannot be read: why, is for whoever reads it as a plan to say. */
  async #text(): Promise<string | undefined> {
    if (this.#path === undefined) return undefined;
    return this.#disk.readFile(this.#path).then(
      (bytes) => bytes.toString('utf8'),
      () => undefined,
    );
  }
}
