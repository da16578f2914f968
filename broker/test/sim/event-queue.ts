/** Something that happens at a virtual time. `cancelled` ones are dropped when their turn comes. */
export interface SimEvent {
  readonly timeMs: number;
  readonly sequence: number;
  readonly run: () => void;
  cancelled: boolean;
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.timeMs === b.timeMs ? a.sequence < b.sequence : a.timeMs < b.timeMs;
}

/** Binary heap ordered by (time, sequence): events of one time run in the order in which they were scheduled. */
export class EventQueue {
  readonly #heap: SimEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Time of the next event that is not cancelled; cancelled ones before it are dropped. */
  nextTimeMs(): number | undefined {
    while (this.#heap[0]?.cancelled === true) this.pop();
    return this.#heap[0]?.timeMs;
  }

  push(event: SimEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(event, heap[parent] as SimEvent)) break;
      heap[index] = heap[parent] as SimEvent;
      index = parent;
    }
    heap[index] = event;
  }

  pop(): SimEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as SimEvent, heap[child] as SimEvent)) child++;
      if (!before(heap[child] as SimEvent, last)) break;
      heap[index] = heap[child] as SimEvent;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}
