/**
 * Bytes that the broker holds for others: requests being received, batches not yet committed, responses not yet sent. Above
 * the cap producers are held back, connection by connection, and let on in the order in which they were stopped.
 */
export class ByteBudget {
  readonly capBytes: number;
  #usedBytes = 0;
  readonly #waiting: (() => void)[] = [];
  #lettingOn = false;

  constructor(capBytes: number) {
    this.capBytes = capBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get full(): boolean {
    return this.#usedBytes >= this.capBytes;
  }

  /** How many were stopped and wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(sizeBytes: number): void {
    this.#usedBytes += sizeBytes;
  }

  release(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
    // Who is let on may release something in turn: the outermost call lets the next one on.
    if (this.#lettingOn) return;
    this.#lettingOn = true;
    while (this.#waiting.length > 0 && !this.full) (this.#waiting.shift() as () => void)();
    this.#lettingOn = false;
  }

  /** Calls `resume` once, when there is room and all who came before have gone on. */
  whenRoom(resume: () => void): void {
    this.#waiting.push(resume);
  }
}
