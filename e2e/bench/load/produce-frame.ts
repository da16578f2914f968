import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeys, buildBatch, decodeResponse, encodeRequest } from '../../../broker/src/kafka/index.ts';
import { CLIENT_ID } from './client.ts';
import type { Client } from './client.ts';

/** The newest version that names topics by name. */
const PRODUCE_VERSION = 12;
/** What a record takes besides its value, at most: length, attributes, deltas, null key, value length, no headers. */
const RECORD_OVERHEAD_BYTES = 12;
const BATCH_HEADER_BYTES = 61;
const LOOK_AGAIN_MS = 20;

export interface BatchShape {
  /** Bytes of the values of one record. */
  readonly recordBytes: number;
  /** Bytes of a batch, at most (`batch.size` of a producer); always room for one record. */
  readonly batchBytes: number;
}

/** A produce request for one partition, made once and sent any number of times. */
export interface ProduceFrame {
  readonly frame: readonly Buffer[];
  /** Bytes of record values in it. */
  readonly valueBytes: number;
}

/** One frame for each partition. The batch is the same in all: brokers neither compress nor look into it. */
export function produceFrames(topic: string, partitions: number, acks: number, shape: BatchShape): ProduceFrame[] {
  const { recordBytes, batchBytes } = shape;
  const count = Math.max(1, Math.floor((batchBytes - BATCH_HEADER_BYTES) / (recordBytes + RECORD_OVERHEAD_BYTES)));
  const timestampMs = Date.now();
  const records = Array.from({ length: count }, () => ({ key: null, value: randomBytes(recordBytes), timestampMs }));
  const batch = buildBatch({ records });
  return Array.from({ length: partitions }, (_, index) => {
    const topicData = [{ name: topic, partitionData: [{ index, records: batch }] }];
    const body = { acks, timeoutMs: 30_000, topicData };
    return {
      frame: encodeRequest(ApiKeys.Produce, PRODUCE_VERSION, 0, CLIENT_ID, body),
      valueBytes: count * recordBytes,
    };
  });
}

/** Throws if the broker refused the batch. */
export function checkProduced(payload: Buffer): void {
  const { errorCode, errorMessage } = answerOf(payload);
  if (errorCode !== 0) throw new Error(`a batch was refused: error ${errorCode}, ${String(errorMessage)}`);
}

/** UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER. */
const NOT_READY_YET: ReadonlySet<number> = new Set([3, 5, 6]);

/** Sends each frame once, and again while its partition, just created, is not served yet. */
export async function primePartitions(client: Client, frames: readonly ProduceFrame[]): Promise<void> {
  for (const { frame } of frames) {
    for (;;) {
      const { errorCode } = await new Promise<ReturnType<typeof answerOf>>((resolve) => {
        client.send(frame, (payload) => resolve(answerOf(payload)));
      });
      if (errorCode === 0) break;
      if (!NOT_READY_YET.has(errorCode)) throw new Error(`a batch was refused: error ${errorCode}`);
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

function answerOf(payload: Buffer): { readonly errorCode: number; readonly errorMessage: string | null } {
  const { body } = decodeResponse(ApiKeys.Produce, PRODUCE_VERSION, payload);
  const answer = body.responses[0]?.partitionResponses[0];
  if (answer === undefined) throw new Error('a produce request was answered without a word about its partition');
  return answer;
}
