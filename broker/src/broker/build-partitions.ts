import type { Clock } from '../edge/index.ts';
import type { BatchEntry, DataStream, HybridClock, LocalWal } from '../log/index.ts';
import { ByteBudget } from '../net/index.ts';
import { type BatchSink, CommitWakeups, PartitionManager, StreamTable, TailCache } from '../partition/index.ts';
import type { PatientStore } from '../store/index.ts';
import { WalReader } from '../tier/index.ts';
import type { BrokerLimits } from './options.ts';

/** The partitions of a broker and the memory that they share with its connections. */
export interface BrokerPartitions {
  readonly manager: PartitionManager;
  readonly budget: ByteBudget;
  /** Where the data are, for people. */
  readonly storeDescription: string;
}

export interface BuildPartitionsOptions {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly hlc: HybridClock;
  /** For old batches: a client of its own, so that they cannot delay a commit. */
  readonly coldStore: PatientStore;
  readonly limits: BrokerLimits;
}

/** Partitions without any topic yet: boot fills them in before the broker starts. */
export function buildPartitions(options: BuildPartitionsOptions): BrokerPartitions {
  const { brokerId, clock, hlc, coldStore, limits } = options;
  const budget = new ByteBudget(limits.maxBytesInFlight);
  const manager = new PartitionManager(
    {
      clock,
      hlc,
      tail: new TailCache(limits.tailBytes),
      streams: new StreamTable(),
      wakeups: new CommitWakeups(),
      cold: new WalReader({ store: coldStore }),
      uncommitted: budget,
      producerIdExpirationMs: limits.producerIdExpirationMs,
    },
    brokerId,
  );
  return { manager, budget, storeDescription: coldStore.description };
}

/** Hands batches to the local WAL, if there is one, and to the stream. */
export function streamSink(dataStream: DataStream, localWal: LocalWal | undefined): BatchSink {
  if (localWal === undefined) return dataStream;
  return {
    append: (entry: BatchEntry): void => {
      localWal.append(entry);
      dataStream.append(entry);
    },
    hurry: () => dataStream.hurry(),
  };
}
