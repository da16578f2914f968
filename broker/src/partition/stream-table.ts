import type { StreamId } from '../log/index.ts';

/** Streams as small integers, so that an index entry names its stream in four bytes. Only grows: one entry a restart. */
export class StreamTable {
  readonly #streams: StreamId[] = [];
  readonly #refs = new Map<string, number>();
  #lastStream: StreamId | undefined;
  #lastRef = -1;

  /** The number of `stream`; the same one for equal streams. */
  intern(stream: StreamId): number {
    if (stream === this.#lastStream) return this.#lastRef;
    const name = `${stream.log}/${stream.timeline}/${stream.broker}/${stream.epoch}`;
    let ref = this.#refs.get(name);
    if (ref === undefined) {
      ref = this.#streams.length;
      this.#streams.push(stream);
      this.#refs.set(name, ref);
    }
    this.#lastStream = stream;
    this.#lastRef = ref;
    return ref;
  }

  /** The stream behind a number that `intern` gave. */
  stream(ref: number): StreamId {
    const stream = this.#streams[ref];
    if (stream === undefined) throw new RangeError(`There is no stream with number ${ref}.`);
    return stream;
  }
}
