import { invariant } from '../edge/index.ts';
import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampMsOf,
  lastOffsetDeltaOf,
  maxTimestampMsOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
  wholeBatchCrc,
} from '../kafka/index.ts';
import type { BatchEntry, BatchLocation, BatchOwner } from '../log/index.ts';
import { AckQueue, type AckWaiter } from './ack-queue.ts';
import { BatchIndex } from './batch-index.ts';
import type { AdvancingPartition, HighWatermarkWatcher } from './commit-wakeups.ts';
import { PartitionError } from './partition-error.ts';
import { type LoadAnomalies, type LoadedAs, type LoadedBatch, LogLoader, NO_ANOMALIES } from './log-loader.ts';
import { LeaderEpochs } from './leader-epochs.ts';
import type { BatchSink, PartitionContext, PartitionView } from './ports.ts';
import { NO_PRODUCER_ID, ProducerState, type SequenceCheck } from './producer-state.ts';
import { type ReadOptions, type ReadOutcome, readLog } from './read-log.ts';
import { Tail } from './tail.ts';
import type { TailOwner } from './tail-cache.ts';

export type AppendResult =
  | { readonly kind: 'appended'; readonly baseOffset: number; readonly lastOffset: number }
  /** Came before; `lastOffset` may not be committed yet. */
  | Extract<SequenceCheck, { kind: 'duplicate' }>
  | Extract<SequenceCheck, { kind: 'stale-epoch' | 'out-of-order' }>
  /** Nothing may be appended; PARTITION_NOT_LEADER or PARTITION_DELETED. */
  | { readonly kind: 'closed'; readonly error: PartitionError };

/**
 * The leader's view of one partition.
 *
 *     logStartOffset ........ highWatermark ........ logEndOffset
 *                   committed              appended
 *
 * `append` is synchronous: it numbers the batch and hands its bytes on. The high watermark moves only when the data stream
 * says that a batch lies in the bucket (P3, hole 29). A log never loses its end: there is no truncation, by design.
 */
export class PartitionLog implements BatchOwner, TailOwner, AdvancingPartition {
  readonly topicId: string;
  readonly topicName: string;
  readonly index: number;
  readonly watchers = new Set<HighWatermarkWatcher>();
  readonly producers: ProducerState;
  readonly epochs = new LeaderEpochs();
  /** For the readers of this room. */
  readonly batches = new BatchIndex();
  readonly tail = new Tail();
  readonly #context: PartitionContext;
  readonly #acks = new AckQueue();
  #sink: BatchSink | undefined;
  #loader: LogLoader | undefined;
  #leaderEpoch: number;
  #logStartOffset: number;
  #highWatermark: number;
  #logEndOffset: number;
  #anomalies: LoadAnomalies = NO_ANOMALIES;
  /** Nothing from this offset on will ever be committed here; what is below it may be still. */
  #lost: { readonly from: number; readonly error: PartitionError } | undefined;
  #closed: PartitionError | undefined;

  /** An empty log; `finishLoading` ends the phase in which `loadBatch` may be called. */
  constructor(context: PartitionContext, topic: { readonly id: string; readonly name: string }, view: PartitionView) {
    this.#context = context;
    this.topicId = topic.id;
    this.topicName = topic.name;
    this.index = view.index;
    this.producers = new ProducerState(context.producerIdExpirationMs);
    this.#leaderEpoch = view.leaderEpoch;
    this.#logStartOffset = view.logStartOffset;
    this.#highWatermark = view.logStartOffset;
    this.#logEndOffset = view.logStartOffset;
    this.#loader = new LogLoader(this.batches, this.producers, context.streams);
    this.follow(view);
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  get logStartOffset(): number {
    return this.#logStartOffset;
  }

  /** One above the last offset that lies in the bucket with everything below it. */
  get highWatermark(): number {
    return this.#highWatermark;
  }

  get logEndOffset(): number {
    return this.#logEndOffset;
  }

  /** Offsets that metadata promise and no object holds, and batches outside their leader's interval. */
  get anomalies(): LoadAnomalies {
    return this.#anomalies;
  }

  /** Why nothing can be appended or read any more; undefined while all is well. */
  get closed(): PartitionError | undefined {
    return this.#closed;
  }

  /** Bytes of all batches from the log start on. */
  get sizeBytes(): number {
    return this.batches.sizeBytes;
  }

  /** Notes a batch that a WAL object's footer describes. Ignored if it lies outside its leader's interval (rule 17). */
  loadBatch(batch: LoadedBatch, location: BatchLocation): LoadedAs {
    invariant(this.#loader !== undefined, 'A batch was loaded into a partition that is open already', {
      topic: this.topicName,
      partition: this.index,
    });
    return this.#loader.add(batch, location);
  }

  /** Ends loading: everything loaded is committed. Throws PARTITION_OVERLAP if two batches claim the same offset. */
  finishLoading(): LoadAnomalies {
    if (this.#loader === undefined) return this.#anomalies;
    const { endOffset, anomalies } = this.#loader.finish(`${this.topicName}-${this.index}`);
    this.#loader = undefined;
    this.#anomalies = anomalies;
    this.#highWatermark = endOffset;
    this.#logEndOffset = endOffset;
    return anomalies;
  }

  /** From now on batches can be appended. */
  open(sink: BatchSink): void {
    this.finishLoading();
    this.#sink = sink;
  }

  /** Takes over what committed metadata say: leadership and log start. */
  follow(view: PartitionView): void {
    this.#leaderEpoch = view.leaderEpoch;
    this.epochs.follow(view);
    this.#loader?.follow(view);
    if (view.logStartOffset > this.#logStartOffset) {
      this.#logStartOffset = view.logStartOffset;
      if (this.#loader === undefined) this.batches.dropBelow(this.batches.find(view.logStartOffset));
      this.#dropTailBelow(this.batches.first);
    }
  }

  /**
   * Appends one validated batch (its CRC is relied on): checks its producer, writes base offset and leader epoch into `bytes`
   * (both are outside the CRC) and hands them on. The bytes must not be changed by anyone afterwards.
   */
  append(bytes: Buffer): AppendResult {
    const ended = this.#closed ?? this.#lost?.error;
    if (ended !== undefined) return { kind: 'closed', error: ended };
    const id = producerIdOf(bytes);
    if (id !== NO_PRODUCER_ID) {
      const check = this.producers.check(id, producerEpochOf(bytes), baseSequenceOf(bytes), recordCountOf(bytes));
      if (check.kind !== 'next') return check;
    }
    setBaseOffset(bytes, 0, this.#logEndOffset);
    return this.#append(bytes);
  }

  /** Appends a batch that this partition acknowledged before a restart (rule 11), with the offsets that it has. */
  appendAgain(bytes: Buffer): AppendResult {
    const ended = this.#closed ?? this.#lost?.error;
    if (ended !== undefined) return { kind: 'closed', error: ended };
    const baseOffset = baseOffsetOf(bytes);
    invariant(baseOffset === this.#logEndOffset, 'A surviving batch does not continue the log', {
      topic: this.topicName,
      partition: this.index,
      baseOffset,
      logEndOffset: this.#logEndOffset,
    });
    return this.#append(bytes);
  }

  #append(bytes: Buffer): AppendResult {
    const sink = this.#sink;
    invariant(sink !== undefined, 'A partition was written to before it was opened', { topic: this.topicName });
    const { hlc: hybrid, uncommitted, tail } = this.#context;
    const leaderEpoch = this.#leaderEpoch;
    setPartitionLeaderEpoch(bytes, 0, leaderEpoch);
    const baseOffset = this.#logEndOffset;
    const lastOffset = baseOffset + lastOffsetDeltaOf(bytes);
    const maxTimestamp = maxTimestampMsOf(bytes);
    const hlc = hybrid.now();
    const entry: BatchEntry = {
      topicId: this.topicId,
      partition: this.index,
      baseOffset,
      lastOffset,
      leaderEpoch,
      producerId: producerIdOf(bytes),
      producerEpoch: producerEpochOf(bytes),
      baseSequence: baseSequenceOf(bytes),
      recordCount: recordCountOf(bytes),
      attributes: attributesOf(bytes),
      baseTimestamp: baseTimestampMsOf(bytes),
      maxTimestamp,
      hlc,
      bytes,
      bytesCrc: wholeBatchCrc(bytes),
      owner: this,
    };
    if (entry.producerId !== NO_PRODUCER_ID) this.producers.record(entry, hlc.ms);
    this.tail.push(this.batches.end, bytes);
    this.batches.add({ baseOffset, lastOffset, leaderEpoch, maxTimestamp, sizeBytes: bytes.length });
    this.#logEndOffset = lastOffset + 1;
    uncommitted.add(bytes.length);
    tail.added(this, bytes.length);
    sink.append(entry);
    if (this.watchers.size > 0) sink.hurry();
    return { kind: 'appended', baseOffset, lastOffset };
  }

  /** The data stream's word that a batch lies in the bucket, and with it all that were appended before. */
  committed(entry: BatchEntry, location: BatchLocation): void {
    const { streams, uncommitted, tail, wakeups } = this.#context;
    uncommitted.release(entry.bytes.length);
    if (this.#closed !== undefined) return;
    this.batches.commitNext(entry.baseOffset, {
      streamRef: streams.intern(location.stream),
      slot: location.slot,
      position: location.position,
    });
    this.#highWatermark = entry.lastOffset + 1;
    tail.committed();
    wakeups.advanced(this);
  }

  /**
   * The data stream's word that a batch will never be committed by this process, nor any behind it. Those before it may lie in a
   * slot that is still on its way: they are answered when it is settled.
   */
  failed(entry: BatchEntry, error: Error): void {
    this.#context.uncommitted.release(entry.bytes.length);
    if (this.#closed !== undefined) return;
    const from = Math.min(entry.baseOffset, this.#lost?.from ?? Number.POSITIVE_INFINITY);
    const lost = new PartitionError(
      'PARTITION_NOT_LEADER',
      `This broker has lost ${this.topicName}-${this.index}.`,
      error,
    );
    this.#lost = { from, error: this.#lost?.error ?? lost };
    this.#acks.release(this.#highWatermark);
    this.#acks.failFrom(from, this.#lost.error);
  }

  /** Why `lastOffset` will never be committed here; undefined if it is, or may be yet. */
  failureOf(lastOffset: number): PartitionError | undefined {
    if (lastOffset < this.#highWatermark) return undefined;
    if (this.#lost !== undefined && lastOffset >= this.#lost.from) return this.#lost.error;
    return this.#closed;
  }

  /** Ends the log for good and fails all who wait. What is committed was answered before. */
  close(error: PartitionError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#acks.release(this.#highWatermark);
    this.#acks.failFrom(0, error);
    this.#dropTailBelow(Number.POSITIVE_INFINITY);
    for (const watcher of this.watchers) watcher.highWatermarkMoved();
  }

  /** `waiter` hears when `lastOffset` is committed: at once if it is. */
  whenCommitted(lastOffset: number, waiter: AckWaiter, tag: number): void {
    const failure = this.failureOf(lastOffset);
    if (failure !== undefined) waiter.failed(tag, failure);
    else if (lastOffset < this.#highWatermark) waiter.committed(tag);
    else {
      this.#acks.add(lastOffset, waiter, tag);
      this.#sink?.hurry();
    }
  }

  /** `watcher` hears when the high watermark moves, until it is taken from `watchers`. */
  watch(watcher: HighWatermarkWatcher): void {
    this.watchers.add(watcher);
    if (this.#logEndOffset > this.#highWatermark) this.#sink?.hurry();
  }

  releaseAcks(): void {
    this.#acks.release(this.#highWatermark);
  }

  /** Whole committed batches from the one that holds `offset` on; see ReadOptions. */
  read(options: ReadOptions): ReadOutcome {
    return readLog(this, this.#context, options);
  }

  evictOldestTail(): number | undefined {
    if (this.tail.length > 0 && this.tail.first >= this.batches.committedEnd) return undefined;
    return this.tail.shift();
  }

  #dropTailBelow(ordinal: number): void {
    let freedBytes = 0;
    while (this.tail.length > 0 && this.tail.first < ordinal) freedBytes += this.tail.shift();
    this.#context.tail.released(freedBytes);
  }
}
