import { batchCrc, encodeBatch } from '../../support/batches.ts';
import type { Acks, SentBatch } from '../partition-history.ts';
import type { VirtualProcess } from '../virtual-process.ts';

export interface BatchPlan {
  readonly producer: string;
  readonly partitionName: string;
  readonly number: number;
  readonly acks: Acks;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** Left out: a random number. */
  readonly recordCount?: number;
}

/** A batch with values that occur nowhere else in the run, of a random number of records and a random size. */
export function makeBatch(
  process: VirtualProcess,
  plan: BatchPlan,
): { readonly bytes: Buffer; readonly sent: SentBatch } {
  const count = plan.recordCount ?? (process.random.chance(0.7) ? 1 : process.random.integer(2, 6));
  const records = Array.from({ length: count }, (_, index) => ({
    key: process.random.chance(0.5) ? Buffer.from(`k${process.random.integer(0, 20)}`) : null,
    value: Buffer.from(
      `${plan.producer}/${plan.partitionName}/${plan.number}/${index}/`.padEnd(process.random.integer(20, 200), '.'),
    ),
  }));
  const bytes = encodeBatch({
    records,
    timestampMs: process.clock.nowMs(),
    producerId: plan.producerId ?? -1,
    producerEpoch: plan.producerEpoch ?? -1,
    baseSequence: plan.baseSequence ?? -1,
  });
  const sent: SentBatch = {
    producer: plan.producer,
    number: plan.number,
    crc: batchCrc(bytes),
    recordCount: count,
    acks: plan.acks,
    idempotent: plan.producerId !== undefined,
    state: 'sent',
    baseOffset: undefined,
    ackedAtMs: 0,
    ackedBy: '',
  };
  return { bytes, sent };
}
