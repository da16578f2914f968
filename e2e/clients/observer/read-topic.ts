import {
  ApiKeys,
  batchesOf,
  batchProblem,
  completeBatchSizeBytes,
  compressionOf,
  decodeRecords,
  lastOffsetOf,
  producerIdOf,
} from '../../../broker/src/kafka/index.ts';
import type { OffsetRange } from '../model/client.ts';
import type { Codec } from '../model/operations.ts';
import type { Header, SeenRecord } from '../model/records.ts';
import { expectNone } from './errors.ts';
import type { WireConnection } from './wire-connection.ts';

/** A record with what its batch says about the way it was written. */
export interface StoredRecord extends SeenRecord {
  readonly codec: Codec;
  /** -1 unless the producer was idempotent. */
  readonly producerId: number;
}

const PARTITION_BYTES = 4 * 2 ** 20;

/** Reads all partitions from their first offset to their end, over and over until the end is reached. */
export async function readTopic(
  wire: WireConnection,
  topic: string,
  offsets: ReadonlyMap<number, OffsetRange>,
): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (const [partition, { first, end }] of offsets) {
    let next = first;
    while (next < end) {
      const batches = await fetchBatches(wire, topic, partition, next);
      const last = batches.at(-1);
      if (last === undefined) {
        throw new Error(`${topic}-${partition} gives nothing at offset ${next}, but ends at ${end}`);
      }
      const from = next;
      records.push(...batches.flatMap((batch) => recordsIn(batch, partition)).filter(({ offset }) => offset >= from));
      next = lastOffsetOf(last) + 1;
    }
  }
  return records;
}

async function fetchBatches(
  wire: WireConnection,
  topic: string,
  partition: number,
  fetchOffset: number,
): Promise<Buffer[]> {
  const partitions = [{ partition, fetchOffset, partitionMaxBytes: PARTITION_BYTES }];
  const body = await wire.request(ApiKeys.Fetch, 12, {
    maxWaitMs: 500,
    minBytes: 1,
    topics: [{ topic, partitions }],
    forgottenTopicsData: [],
  });
  expectNone(body.errorCode, 'Fetch');
  const answer = body.responses[0]?.partitions[0];
  if (answer === undefined) return [];
  expectNone(answer.errorCode, `fetch ${topic}-${partition} at ${fetchOffset}`);
  return [...batchesOf(complete(answer.records ?? Buffer.alloc(0)))];
}

/** Without a batch at the end that the size limit cut off. */
function complete(records: Buffer): Buffer {
  let end = 0;
  while (end < records.length) {
    const sizeBytes = completeBatchSizeBytes(records, end);
    if (sizeBytes === 0) break;
    end += sizeBytes;
  }
  return records.subarray(0, end);
}

function recordsIn(batch: Buffer, partition: number): StoredRecord[] {
  const problem = batchProblem(batch);
  if (problem !== undefined) throw new Error(`a batch of partition ${partition} is damaged: ${problem}`);
  const codec = compressionOf(batch);
  const producerId = producerIdOf(batch);
  return decodeRecords(batch).map(({ offset, key, value, headers }) => ({
    partition,
    offset,
    key,
    value,
    headers: headers.map(({ key: name, value: content }): Header => [name, content ?? Buffer.alloc(0)]),
    codec,
    producerId,
  }));
}
