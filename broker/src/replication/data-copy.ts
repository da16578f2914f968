import { brokersWithStreams, listEpochs } from '../log/index.ts';
import type { StreamId } from '../log/index.ts';
import type { CopyContext } from './copy-context.ts';
import { eachBounded } from './each-bounded.ts';
import type { StreamPosition } from './report.ts';
import { StreamCopy } from './stream-copy.ts';

/** Streams that are looked at, or copied, side by side. */
const PARALLEL = 8;

/** The brokers' data streams on their way, independent of one another. */
export class DataCopy {
  readonly #context: CopyContext;
  /** By broker and epoch; those that have ended are dropped. */
  readonly #open = new Map<string, StreamCopy>();
  readonly #ended = new Set<string>();
  /** Highest epoch of each broker that was met. */
  readonly #newest = new Map<number, number>();

  constructor(context: CopyContext) {
    this.#context = context;
  }

  get streams(): Iterable<StreamCopy> {
    return this.#open.values();
  }

  get positions(): readonly StreamPosition[] {
    return [...this.#open.values()].map(({ stream, next }) => ({
      broker: stream.broker,
      epoch: stream.epoch,
      slot: next - 1,
    }));
  }

  /** Looks for streams that nobody told of, and finds the position of each. */
  async discover(): Promise<void> {
    const { sourceLog, timeline } = this.#context;
    const found: StreamCopy[] = [];
    for (const broker of await brokersWithStreams(sourceLog, timeline)) {
      const newest = this.#newest.get(broker) ?? 0;
      for (const epoch of await listEpochs(sourceLog, { log: 'data', timeline, broker }, newest)) {
        this.#newest.set(broker, epoch);
        const name = nameOf(broker, epoch);
        if (!this.#ended.has(name) && !this.#open.has(name)) found.push(this.#newCopy(broker, epoch));
      }
    }
    await eachBounded(found, PARALLEL, (copy) => copy.locate());
    for (const copy of found) this.#open.set(nameOf(copy.stream.broker, copy.stream.epoch), copy);
    this.#dropEnded();
  }

  /** Copies the claim of a stream that is about to be registered in the replica. */
  async copyClaim(broker: number, epoch: number): Promise<void> {
    const name = nameOf(broker, epoch);
    if (this.#ended.has(name)) return;
    let copy = this.#open.get(name);
    if (copy === undefined) {
      copy = this.#newCopy(broker, epoch);
      await copy.locate();
      this.#open.set(name, copy);
    }
    await copy.copyClaim();
  }

  async look(): Promise<void> {
    await eachBounded(this.#open.values(), PARALLEL, (copy) => copy.look());
  }

  tryAgain(): void {
    for (const copy of this.#open.values()) copy.tryAgain();
  }

  /** Copies what waits, once the metadata that explain it are there. */
  async copy(goesOn: () => boolean): Promise<void> {
    await eachBounded(this.#open.values(), PARALLEL, (copy) => copy.copy({ goesOn }));
    this.#dropEnded();
  }

  #newCopy(broker: number, epoch: number): StreamCopy {
    const stream: StreamId = { log: 'data', timeline: this.#context.timeline, broker, epoch };
    return new StreamCopy(this.#context, stream);
  }

  #dropEnded(): void {
    for (const [name, copy] of this.#open) {
      if (!copy.hasEnded) continue;
      this.#open.delete(name);
      this.#ended.add(name);
    }
  }
}

function nameOf(broker: number, epoch: number): string {
  return `${broker}/${epoch}`;
}
