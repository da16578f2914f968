import type { MetadataLog } from '../meta/index.ts';

/**
 * Those who wait until all that readers see of the metadata is in the bucket (with an upload interval, rule 09). Also what is
 * changed while they wait counts, since a request may name a topic that was created meanwhile; so their order is kept here.
 */
export class DurableMetadata {
  readonly #metadata: MetadataLog;
  #last: Promise<void> = Promise.resolve();

  constructor(metadata: MetadataLog) {
    this.#metadata = metadata;
  }

  get isReached(): boolean {
    return this.#metadata.isDurable;
  }

  /** Resolves in the order of the calls. Rejects as MetadataLog.whenDurable does. */
  reached(): Promise<void> {
    const turn = this.#last.then(() => this.#allDurable());
    // Whoever waits has the rejection.
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #allDurable(): Promise<void> {
    while (!this.#metadata.isDurable) await this.#metadata.whenDurable();
  }
}
