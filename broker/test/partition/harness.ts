import type { Clock } from '../../src/edge/index.ts';
import { buildBatch } from '../../src/kafka/index.ts';
import type { BatchEntry, BatchLocation, StreamId } from '../../src/log/index.ts';
import {
  type BatchSink,
  type ColdReader,
  CommitWakeups,
  type PartitionContext,
  type PartitionLog,
  PartitionManager,
  type PartitionView,
  type ReadOutcome,
  StreamTable,
  TailCache,
  type TopicView,
} from '../../src/partition/index.ts';

export const stream: StreamId = { log: 'data', timeline: '0000000001-00000000', broker: 0, epoch: 1 };

/** A clock that stands still until it is set. */
export class StoppedClock implements Clock {
  ms = 1_000_000;
  nowMs(): number {
    return this.ms;
  }
  monotonicMs(): number {
    return this.ms;
  }
  setTimer(): never {
    throw new Error('No timer is expected here.');
  }
  defer(callback: () => void): void {
    queueMicrotask(callback);
  }
}

/** Takes batches and commits them when told, into a bucket that is a list of buffers. */
export class FakeStream implements BatchSink, ColdReader {
  readonly pending: BatchEntry[] = [];
  readonly bucket: Buffer[] = [];
  coldReads = 0;

  /** How often somebody was in a hurry. */
  hurries = 0;

  append(entry: BatchEntry): void {
    this.pending.push(entry);
  }

  hurry(): void {
    this.hurries++;
  }

  /** Commits the oldest `count` pending batches, each in a slot of its own. */
  commit(count = this.pending.length): void {
    for (const entry of this.pending.splice(0, count)) {
      this.bucket.push(Buffer.from(entry.bytes));
      entry.owner.committed(entry, this.location(this.bucket.length - 1));
    }
  }

  location(slot: number): BatchLocation {
    return { stream, slot, position: 0, length: this.bucket[slot]?.length ?? 0 };
  }

  async read(locations: readonly BatchLocation[]): Promise<readonly Buffer[]> {
    this.coldReads++;
    return locations.map(({ slot }) => this.bucket[slot] as Buffer);
  }

  prefetch(): void {}
}

export interface Harness {
  readonly clock: StoppedClock;
  readonly sink: FakeStream;
  readonly context: PartitionContext;
  readonly manager: PartitionManager;
  readonly counted: { uncommittedBytes: number };
}

export function harness(options: { tailBytes?: number; expirationMs?: number } = {}): Harness {
  const clock = new StoppedClock();
  const sink = new FakeStream();
  const counted = { uncommittedBytes: 0 };
  let counter = 0;
  const context: PartitionContext = {
    clock,
    hlc: { now: () => ({ ms: clock.ms, counter: counter++ }) },
    tail: new TailCache(options.tailBytes ?? 1 << 20),
    streams: new StreamTable(),
    wakeups: new CommitWakeups(),
    cold: sink,
    uncommitted: {
      add: (sizeBytes) => {
        counted.uncommittedBytes += sizeBytes;
      },
      release: (sizeBytes) => {
        counted.uncommittedBytes -= sizeBytes;
      },
    },
    producerIdExpirationMs: options.expirationMs ?? 1000,
  };
  return { clock, sink, context, counted, manager: new PartitionManager(context, 0) };
}

export function partitionView(view: Partial<PartitionView> = {}): PartitionView {
  return {
    index: 0,
    leader: 0,
    leaderEpoch: 0,
    logStartOffset: 0,
    history: [
      {
        leaderEpoch: 0,
        stream: { timeline: stream.timeline, broker: 0, epoch: 1 },
        startOffset: 0,
        endOffset: undefined,
      },
    ],
    ...view,
  };
}

export const TOPIC_ID = 'dG9waWN0b3BpY3RvcGljMQ';

export function topicView(...partitions: readonly PartitionView[]): TopicView {
  return { name: 'orders', id: TOPIC_ID, partitions: partitions.length === 0 ? [partitionView()] : partitions };
}

/** A batch of `count` small records. */
export function batchOf(
  count: number,
  options: { producerId?: number; producerEpoch?: number; baseSequence?: number; timestampMs?: number } = {},
): Buffer {
  const { timestampMs = 1000, ...producer } = options;
  const records = Array.from({ length: count }, (_, i) => ({
    key: null,
    value: Buffer.from(`value ${i}`),
    timestampMs: timestampMs + i,
  }));
  return buildBatch({ records, ...producer });
}

/** Reads, and fetches from the bucket if need be. */
export async function readAll(log: PartitionLog, offset: number, maxBytes: number): Promise<ReadOutcome> {
  const outcome = log.read({ offset, maxBytes, minOneBatch: true });
  if (outcome.kind !== 'cold') return outcome;
  return { kind: 'batches', batches: await outcome.load(), sizeBytes: outcome.sizeBytes };
}
