import { invariant } from '../edge/index.ts';

/** What the index keeps of one batch. */
export interface IndexedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestamp: number;
  readonly sizeBytes: number;
}

/** Where a committed batch lies; `streamRef` as of StreamTable, position in the WAL object in bytes. */
export interface IndexedLocation {
  readonly streamRef: number;
  readonly slot: number;
  readonly position: number;
}

/** Slot of a batch that is not committed yet. */
const UNCOMMITTED = -1;
const FIRST_CAPACITY = 8;
/** Entries dropped at the front before the arrays move down. */
const COMPACT_AT = 1024;

/**
 * The batches of one partition in offset order, in typed arrays: 52 bytes a batch and no object for any of them.
 *
 * Batches are named by **ordinals** that stay the same while batches are dropped at the front: the first one kept is
 * `first`, the one behind the last is `end`. All of `first <= ordinal < committedEnd` are committed.
 */
export class BatchIndex {
  #capacity = FIRST_CAPACITY;
  #base = new Float64Array(FIRST_CAPACITY);
  #lastDelta = new Int32Array(FIRST_CAPACITY);
  #leaderEpoch = new Int32Array(FIRST_CAPACITY);
  #maxTimestamp = new Float64Array(FIRST_CAPACITY);
  /** Largest maxTimestamp of this and all earlier batches: monotone, so that a time can be searched for. */
  #runningMax = new Float64Array(FIRST_CAPACITY);
  #streamRef = new Int32Array(FIRST_CAPACITY);
  #slot = new Float64Array(FIRST_CAPACITY);
  #position = new Int32Array(FIRST_CAPACITY);
  #size = new Int32Array(FIRST_CAPACITY);
  /** Ordinal of array position 0. */
  #origin = 0;
  #first = 0;
  #end = 0;
  #committedEnd = 0;
  #bytes = 0;

  get first(): number {
    return this.#first;
  }

  get end(): number {
    return this.#end;
  }

  get committedEnd(): number {
    return this.#committedEnd;
  }

  /** Bytes of all batches in the index. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  /** Adds a batch that is not committed yet; its offsets lie above all others. */
  add(batch: IndexedBatch): void {
    this.#push(batch);
    this.#slot[this.#end - 1 - this.#origin] = UNCOMMITTED;
  }

  /** Notes where the oldest uncommitted batch lies now, and counts it as committed. */
  commitNext(baseOffset: number, location: IndexedLocation): void {
    const at = this.#committedEnd - this.#origin;
    invariant(this.#committedEnd < this.#end, 'A batch was committed that the partition never appended', {
      baseOffset,
    });
    invariant(this.#base[at] === baseOffset, 'Batches of a partition were committed out of order', {
      baseOffset,
      expected: this.#base[at],
    });
    this.#setLocation(at, location);
    this.#committedEnd++;
  }

  /** Adds a committed batch at boot, in any order; `finishLoading` follows. */
  load(batch: IndexedBatch, location: IndexedLocation): void {
    this.#push(batch);
    this.#setLocation(this.#end - 1 - this.#origin, location);
    this.#committedEnd = this.#end;
  }

  /** Sorts what `load` added, if it came out of order. */
  finishLoading(): void {
    const count = this.#end - this.#first;
    const from = this.#first - this.#origin;
    let sorted = true;
    for (let i = from + 1; i < from + count && sorted; i++) {
      sorted = (this.#base[i] as number) > (this.#base[i - 1] as number);
    }
    if (sorted) return;
    const order = Array.from({ length: count }, (_, i) => from + i);
    order.sort((a, b) => (this.#base[a] as number) - (this.#base[b] as number));
    this.#base = gather(this.#base, order);
    this.#lastDelta = gather(this.#lastDelta, order);
    this.#leaderEpoch = gather(this.#leaderEpoch, order);
    this.#maxTimestamp = gather(this.#maxTimestamp, order);
    this.#streamRef = gather(this.#streamRef, order);
    this.#slot = gather(this.#slot, order);
    this.#position = gather(this.#position, order);
    this.#size = gather(this.#size, order);
    this.#runningMax = new Float64Array(count);
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      max = Math.max(max, this.#maxTimestamp[i] as number);
      this.#runningMax[i] = max;
    }
    this.#capacity = count;
    this.#origin = this.#first;
  }

  /** Forgets the batches below `ordinal`, committed ones only. */
  dropBelow(ordinal: number): void {
    const target = Math.min(ordinal, this.#committedEnd);
    while (this.#first < target) {
      this.#bytes -= this.sizeOf(this.#first);
      this.#first++;
    }
    const unused = this.#first - this.#origin;
    if (unused >= COMPACT_AT && unused * 2 >= this.#capacity) this.#resize(this.#end - this.#first);
  }

  baseOffset(ordinal: number): number {
    return this.#base[ordinal - this.#origin] as number;
  }

  lastOffset(ordinal: number): number {
    const at = ordinal - this.#origin;
    return (this.#base[at] as number) + (this.#lastDelta[at] as number);
  }

  leaderEpoch(ordinal: number): number {
    return this.#leaderEpoch[ordinal - this.#origin] as number;
  }

  maxTimestamp(ordinal: number): number {
    return this.#maxTimestamp[ordinal - this.#origin] as number;
  }

  sizeOf(ordinal: number): number {
    return this.#size[ordinal - this.#origin] as number;
  }

  streamRef(ordinal: number): number {
    return this.#streamRef[ordinal - this.#origin] as number;
  }

  slot(ordinal: number): number {
    return this.#slot[ordinal - this.#origin] as number;
  }

  position(ordinal: number): number {
    return this.#position[ordinal - this.#origin] as number;
  }

  /** The first batch whose last offset is at least `offset`; `end` if there is none. */
  find(offset: number): number {
    let low = this.#first;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.lastOffset(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first batch in `from`..`before`-1 that holds a timestamp of at least `timestamp`; `before` if there is none. */
  findTimestamp(timestamp: number, before: number, from = this.#first): number {
    let low = Math.max(from, this.#first);
    let high = before;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runningMax[middle - this.#origin] as number) < timestamp) low = middle + 1;
      else high = middle;
    }
    // The running maximum may stem from a batch that was dropped since, or lies below `from`.
    while (low < before && this.maxTimestamp(low) < timestamp) low++;
    return low;
  }

  /** The first batch with the largest timestamp of all in `from`..`before`-1; `before` if there is no batch. */
  findMaxTimestamp(before: number, from = this.#first): number {
    let found = before;
    for (let ordinal = Math.max(from, this.#first); ordinal < before; ordinal++) {
      if (found === before || this.maxTimestamp(ordinal) > this.maxTimestamp(found)) found = ordinal;
    }
    return found;
  }

  #push(batch: IndexedBatch): void {
    if (this.#end - this.#origin === this.#capacity) this.#resize((this.#end - this.#first) * 2);
    const at = this.#end - this.#origin;
    this.#base[at] = batch.baseOffset;
    this.#lastDelta[at] = batch.lastOffset - batch.baseOffset;
    this.#leaderEpoch[at] = batch.leaderEpoch;
    this.#maxTimestamp[at] = batch.maxTimestamp;
    const before = this.#end > this.#first ? (this.#runningMax[at - 1] as number) : Number.NEGATIVE_INFINITY;
    this.#runningMax[at] = Math.max(before, batch.maxTimestamp);
    this.#size[at] = batch.sizeBytes;
    this.#bytes += batch.sizeBytes;
    this.#end++;
  }

  #setLocation(at: number, location: IndexedLocation): void {
    this.#streamRef[at] = location.streamRef;
    this.#slot[at] = location.slot;
    this.#position[at] = location.position;
  }

  /** Moves the entries to new arrays whose position 0 is `first`. */
  #resize(wanted: number): void {
    const capacity = Math.max(FIRST_CAPACITY, wanted);
    const from = this.#first - this.#origin;
    const to = this.#end - this.#origin;
    this.#base = moved(this.#base, from, to, capacity);
    this.#lastDelta = moved(this.#lastDelta, from, to, capacity);
    this.#leaderEpoch = moved(this.#leaderEpoch, from, to, capacity);
    this.#maxTimestamp = moved(this.#maxTimestamp, from, to, capacity);
    this.#runningMax = moved(this.#runningMax, from, to, capacity);
    this.#streamRef = moved(this.#streamRef, from, to, capacity);
    this.#slot = moved(this.#slot, from, to, capacity);
    this.#position = moved(this.#position, from, to, capacity);
    this.#size = moved(this.#size, from, to, capacity);
    this.#capacity = capacity;
    this.#origin = this.#first;
  }
}

type Column = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

function emptyLike<T extends Column>(column: T, length: number): T {
  return (column instanceof Float64Array ? new Float64Array(length) : new Int32Array(length)) as T;
}

function moved<T extends Column>(column: T, from: number, to: number, capacity: number): T {
  const result = emptyLike(column, capacity);
  result.set(column.subarray(from, to));
  return result;
}

function gather<T extends Column>(column: T, order: readonly number[]): T {
  const result = emptyLike(column, order.length);
  order.forEach((from, to) => {
    result[to] = column[from] as number;
  });
  return result;
}
