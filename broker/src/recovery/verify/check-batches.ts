import {
  attributesOf,
  baseOffsetOf,
  baseSequenceOf,
  batchProblem,
  batchSizeBytes,
  lastOffsetOf,
  maxTimestampMsOf,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
} from '../../kafka/index.ts';
import type { BatchProblem } from '../../kafka/index.ts';
import { slotKey } from '../../log/index.ts';
import type { FooterBatch, ReadSlot, StreamId } from '../../log/index.ts';
import type { MetadataImage } from '../../meta/index.ts';
import type { Problems } from './problem.ts';

const WRONG: Readonly<Record<BatchProblem, string>> = {
  truncated: 'is cut off',
  magic: 'has an unknown format',
  length: 'has an impossible length',
  compression: 'has an unknown compression',
  count: 'has an impossible record count',
  crc: 'does not match its CRC-32C',
};

/** Checks each batch in the body of a data slot: its own CRC, and that it is what the footer says. */
export function checkBatches(
  stream: StreamId,
  slot: ReadSlot,
  body: Buffer,
  image: MetadataImage,
  problems: Problems,
): void {
  for (const entry of slot.entries) {
    if (entry.kind === 'close') continue;
    const wrong = problemOf(body, entry);
    if (wrong === undefined) continue;
    const topic = image.topicById(entry.topicId)?.name ?? `topic ${entry.topicId}`;
    const offsets = `offsets ${entry.baseOffset}..${entry.lastOffset} of ${topic}-${entry.partition}`;
    problems.add('mismatch', slotKey(stream, slot.slot), `the batch with ${offsets} ${wrong}`);
  }
}

function problemOf(body: Buffer, entry: FooterBatch): string | undefined {
  const { position, length } = entry;
  const wrong = batchProblem(body, position, position + length);
  if (wrong !== undefined) return WRONG[wrong];
  const agrees =
    batchSizeBytes(body, position) === length &&
    baseOffsetOf(body, position) === entry.baseOffset &&
    lastOffsetOf(body, position) === entry.lastOffset &&
    partitionLeaderEpochOf(body, position) === entry.leaderEpoch &&
    producerIdOf(body, position) === entry.producerId &&
    producerEpochOf(body, position) === entry.producerEpoch &&
    baseSequenceOf(body, position) === entry.baseSequence &&
    recordCountOf(body, position) === entry.recordCount &&
    attributesOf(body, position) === entry.attributes &&
    maxTimestampMsOf(body, position) === entry.maxTimestamp;
  return agrees ? undefined : 'is not the one that the footer describes';
}
