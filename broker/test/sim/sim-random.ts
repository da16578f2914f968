import type { Random } from '../../src/edge/index.ts';

/** FNV-1a over the characters of a text; enough to turn names into seeds. */
function hashText(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * Seeded randomness: sfc32, a small, fast generator with 128 bits of state. One seed decides a whole run; every process
 * and every part of the environment takes its own fork, so that adding a draw in one place does not shift all others.
 */
export class SimRandom implements Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    this.#name = String(seed);
    this.#a = hashText(this.#name, 0x811c9dc5);
    this.#b = hashText(this.#name, 0x9e3779b9);
    this.#c = hashText(this.#name, 0x85ebca6b);
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** An independent generator that depends on this one's seed and the name only, not on what was drawn so far. */
  fork(name: string): SimRandom {
    return new SimRandom(`${this.#name}/${name}`);
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.#next() / 0x1_0000_0000;
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count);
    for (let i = 0; i < count; i++) bytes[i] = this.#next() & 0xff;
    return bytes;
  }

  /** Uniform integer in [from, to], both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** Uniform number in [from, to). */
  between(from: number, to: number): number {
    return from + this.fraction() * (to - from);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('Nothing to pick from: the list is empty.');
    return list[this.integer(0, list.length - 1)] as T;
  }

  /** A waiting time with the given mean and a long tail, as networks and stores have it. */
  exponential(mean: number): number {
    return -Math.log(1 - this.fraction()) * mean;
  }

  shuffle<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  }
}
