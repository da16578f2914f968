import type { LoadedRecord, OffsetsPort, OffsetsRecord } from '../coordinator/index.ts';
import type { Clock, Logger } from '../edge/index.ts';
import { buildBatch, decodeRecords, isControlBatch, lastOffsetOf } from '../kafka/index.ts';
import type { MetadataLog } from '../meta/index.ts';
import { PartitionError, type PartitionLog, type PartitionManager } from '../partition/index.ts';
import type { OpenProof } from './open-proof.ts';
import { OFFSETS_TOPIC } from './topic-creation.ts';

const LOAD_BYTES = 1024 * 1024;

export interface OffsetsPortSetting {
  readonly partitionCount: number;
  readonly partitions: PartitionManager;
  readonly metadata: MetadataLog;
  readonly proof: OpenProof;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long `proveOpen` waits for the store. */
  readonly storeWaitMs: number;
}

/** The group coordinator's view of `__consumer_offsets`: partition logs like all others. */
export class PartitionOffsetsPort implements OffsetsPort {
  readonly partitionCount: number;
  readonly #setting: OffsetsPortSetting;

  constructor(setting: OffsetsPortSetting) {
    this.#setting = setting;
    this.partitionCount = setting.partitionCount;
  }

  async append(partition: number, records: readonly OffsetsRecord[]): Promise<void> {
    const { clock, metadata } = this.#setting;
    const timestampMs = clock.nowMs();
    const batch = buildBatch({ records: records.map(({ key, value }) => ({ key, value, timestampMs })) });
    const log = this.#log(partition);
    const result = log.append(batch);
    if (result.kind === 'closed') throw result.error;
    const lastOffset = log.logEndOffset - 1;
    await new Promise<void>((resolve, reject) => {
      log.whenCommitted(lastOffset, { committed: () => resolve(), failed: (_, error) => reject(error) }, 0);
    });
    // With an upload interval the topic itself may not be in the bucket yet (rule 09).
    if (!metadata.isDurable) await metadata.whenDurable();
  }

  async *load(partition: number): AsyncIterable<LoadedRecord> {
    const log = this.#log(partition);
    const end = log.highWatermark;
    let offset = log.logStartOffset;
    while (offset < end) {
      const read = await this.#read(log, offset);
      for (const batch of read.batches) {
        if (isControlBatch(batch)) continue;
        for (const record of decodeRecords(batch)) if (record.offset >= offset) yield record;
      }
      offset = read.next;
    }
  }

  proveOpen(): Promise<void> {
    return this.#setting.proof.prove(this.#setting.storeWaitMs);
  }

  /** The next batches and the offset behind them. What is lost is said and passed over: the rest is still worth having. */
  async #read(
    log: PartitionLog,
    offset: number,
  ): Promise<{ readonly batches: readonly Buffer[]; readonly next: number }> {
    const outcome = log.read({ offset, maxBytes: LOAD_BYTES, minOneBatch: true });
    switch (outcome.kind) {
      case 'batches':
        return behind(outcome.batches, log.highWatermark);
      case 'cold':
        return behind(await outcome.load(), log.highWatermark);
      case 'lost':
        this.#setting.logger.error('Group state is lost: its objects are gone', {
          partition: `${OFFSETS_TOPIC}-${log.index}`,
          from: outcome.range.from,
          to: outcome.range.to,
        });
        return { batches: [], next: outcome.range.to };
      case 'out-of-range':
        // The log start has moved past us.
        return { batches: [], next: log.logStartOffset };
      case 'closed':
        throw outcome.error;
    }
  }

  #log(partition: number): PartitionLog {
    const log = this.#setting.partitions.topic(OFFSETS_TOPIC)?.logs[partition];
    if (log !== undefined) return log;
    throw new PartitionError('PARTITION_NOT_LEADER', `This broker does not lead ${OFFSETS_TOPIC}-${partition}.`);
  }
}

function behind(
  batches: readonly Buffer[],
  end: number,
): { readonly batches: readonly Buffer[]; readonly next: number } {
  const last = batches.at(-1);
  return { batches, next: last === undefined ? end : lastOffsetOf(last) + 1 };
}
