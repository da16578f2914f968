/** A committed offset as it is stored. */
export interface CommittedOffset {
  readonly offset: number;
  /** -1 when the client did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** Only set by old clients that send a retention time (OffsetCommit up to v4); -1 otherwise. */
  readonly expireTimestampMs: number;
  /** Id of the topic, or ZERO_UUID when it is not known. */
  readonly topicId: string;
}

export interface OffsetKey {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Offsets of one group: what is committed in the bucket, and which partitions have a write on its way. Only what is
 * committed is ever shown; what is on its way matters to deletion, which has to come after it in the log.
 */
export class GroupOffsets {
  readonly #committed = new Map<string, Map<number, CommittedOffset>>();
  readonly #onTheWay = new Map<string, Map<number, number>>();

  get isEmpty(): boolean {
    return this.#committed.size === 0 && this.#onTheWay.size === 0;
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(topic)?.get(partition);
  }

  /** There is an offset, or one is on its way. */
  has(key: OffsetKey): boolean {
    return this.get(key.topic, key.partition) !== undefined || this.hasWriteOnTheWay(key);
  }

  topics(): IterableIterator<[string, ReadonlyMap<number, CommittedOffset>]> {
    return this.#committed.entries();
  }

  set({ topic, partition }: OffsetKey, committed: CommittedOffset): void {
    const partitions = this.#committed.get(topic);
    if (partitions === undefined) this.#committed.set(topic, new Map([[partition, committed]]));
    else partitions.set(partition, committed);
  }

  delete({ topic, partition }: OffsetKey): void {
    const partitions = this.#committed.get(topic);
    partitions?.delete(partition);
    if (partitions?.size === 0) this.#committed.delete(topic);
  }

  writeStarts({ topic, partition }: OffsetKey): void {
    const partitions = this.#onTheWay.get(topic) ?? new Map<number, number>();
    this.#onTheWay.set(topic, partitions.set(partition, (partitions.get(partition) ?? 0) + 1));
  }

  writeEnds({ topic, partition }: OffsetKey): void {
    const partitions = this.#onTheWay.get(topic);
    const left = (partitions?.get(partition) ?? 1) - 1;
    if (left > 0) partitions?.set(partition, left);
    else partitions?.delete(partition);
    if (partitions?.size === 0) this.#onTheWay.delete(topic);
  }

  hasWriteOnTheWay({ topic, partition }: OffsetKey): boolean {
    return this.#onTheWay.get(topic)?.has(partition) ?? false;
  }

  /** Every partition that has an offset or is about to get one. */
  *keys(): Generator<OffsetKey> {
    for (const [topic, partitions] of this.#committed) {
      for (const partition of partitions.keys()) yield { topic, partition };
    }
    for (const [topic, partitions] of this.#onTheWay) {
      for (const partition of partitions.keys()) {
        if (this.get(topic, partition) === undefined) yield { topic, partition };
      }
    }
  }
}
