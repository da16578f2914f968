import type { ChronikError } from '../edge/index.ts';
import type { Hlc } from './hlc.ts';
import type { StreamId } from './stream-names.ts';

/** How a transaction ended, from the marker inside a control batch. */
export interface ControlMarker {
  /** 0 = abort, 1 = commit. */
  readonly type: number;
  readonly coordinatorEpoch: number;
}

/** What a slot's footer says about a record batch, besides where it lies. Kafka's own terms. */
export interface BatchMeta {
  /** 22 characters of base64url. */
  readonly topicId: string;
  readonly partition: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  /** -1 of producer id, epoch and sequence: not idempotent. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
  readonly attributes: number;
  /** Milliseconds since 1970; -1 = none. */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** Taken from the process's HybridClock when the batch was appended, so that it grows along the stream. */
  readonly hlc: Hlc;
  /** Only of a control batch that ends a transaction. */
  readonly control?: ControlMarker;
}

/** A batch with its raw bytes, which must not change from now on. */
export interface BatchBytes extends BatchMeta {
  readonly bytes: Buffer;
  /** CRC-32C of `bytes`, from which those of frames and slots are made. */
  readonly bytesCrc: number;
}

/** A batch on its way into a slot. */
export interface BatchEntry extends BatchBytes {
  readonly owner: BatchOwner;
}

/** Is told what became of a batch; exactly one of the two, once. Committed batches are told in the order of the stream. */
export interface BatchOwner {
  /** The slot and all before it are in the bucket: the batch can no longer vanish. */
  committed(entry: BatchEntry, location: BatchLocation): void;
  /** The stream was lost first. The batch may or may not be in the bucket; it was never acknowledged by this stream. */
  failed(entry: BatchEntry, error: ChronikError): void;
}

/** Where a batch lies: bytes inside a slot's object. */
export interface BatchLocation {
  readonly stream: StreamId;
  readonly slot: number;
  readonly position: number;
  readonly length: number;
}

/** A batch as the index knows it: where it lies, and what its header says outside of what its checksum covers. */
export interface LocatedBatch extends BatchLocation {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
}

/** A leader's last word on a partition: nothing of this leader epoch follows (rule 17). */
export interface CloseMeta {
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  /** The leader's log end offset: where the next leader starts. */
  readonly endOffset: number;
  readonly hlc: Hlc;
}

/** What a reader finds in a footer. */
export type FooterEntry = FooterBatch | FooterClose;

export interface FooterBatch extends BatchMeta {
  readonly kind: 'batch';
  /** First byte in the object, and the number of bytes. */
  readonly position: number;
  readonly length: number;
}

export interface FooterClose extends CloseMeta {
  readonly kind: 'close';
}
