/** A record to append to `__consumer_offsets`; a null value is a tombstone. */
export interface OffsetsRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** A record read back from `__consumer_offsets`. */
export interface LoadedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: number;
  readonly timestampMs: number;
}

/** What the coordinator needs of the partitions of `__consumer_offsets`; the broker puts partition logs behind it. */
export interface OffsetsPort {
  /** Partitions of `__consumer_offsets`; fixed for the life of the cluster, as it decides where a group lives. */
  readonly partitionCount: number;
  /**
   * Appends the records as one batch and resolves when they are committed in the bucket (acks=all). Batches of one
   * partition are committed in the order of the calls. Rejects when this broker does not lead the partition any more;
   * then the coordinator gives the partition up, as it cannot know whether the batch got in.
   */
  append(partition: number, records: readonly OffsetsRecord[]): Promise<void>;
  /** The partition from its start up to its high watermark. */
  load(partition: number): AsyncIterable<LoadedRecord>;
  /**
   * Rule 18: resolves with proof, obtained after the call, that this broker's stream is open. Rejects with code `FENCED`
   * when it is not, and with any other code when the store cannot be asked in time.
   */
  proveOpen(): Promise<void>;
}
