import type { FencedError } from './errors.ts';

/** Callers that share one proof. */
class Waiting {
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (error: unknown) => void;
  /** A slot with at least this number was frozen after the last of the callers came. */
  slotFrozenAfter = 0;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever waits sees the rejection; a proof that nobody waits for any more is no unhandled one.
    this.promise.catch(() => undefined);
  }
}

/**
 * Shares proofs that a stream is open (rule 18). A proof counts only for callers who came before it began: whoever comes
 * while one is under way waits for the next, and at most one is under way.
 */
export class OpenProver {
  readonly #look: () => Promise<void>;
  #underWay: Waiting | undefined;
  #next: Waiting | undefined;

  /** `look` resolves if the stream is open at some moment after it was called, else rejects. */
  constructor(look: () => Promise<void>) {
    this.#look = look;
  }

  /** `nextSlot`: the number that the next slot to be frozen will have. */
  prove(nextSlot: number): Promise<void> {
    const waiting = (this.#next ??= new Waiting());
    waiting.slotFrozenAfter = nextSlot;
    if (this.#underWay === undefined) this.#begin();
    return waiting.promise;
  }

  /** A slot that was frozen, hence sent, after the callers came and is now committed proves as much as a look. */
  slotCommitted(slot: number): void {
    for (const waiting of [this.#underWay, this.#next]) {
      if (waiting !== undefined && slot >= waiting.slotFrozenAfter) waiting.resolve();
    }
    if (this.#next !== undefined && slot >= this.#next.slotFrozenAfter) this.#next = undefined;
  }

  fail(error: FencedError | Error): void {
    this.#underWay?.reject(error);
    this.#next?.reject(error);
    this.#next = undefined;
  }

  #begin(): void {
    const waiting = this.#next;
    if (waiting === undefined) return;
    this.#next = undefined;
    this.#underWay = waiting;
    const ended = (): void => {
      this.#underWay = undefined;
      this.#begin();
    };
    this.#look().then(
      () => {
        waiting.resolve();
        ended();
      },
      (error: unknown) => {
        waiting.reject(error);
        ended();
      },
    );
  }
}
