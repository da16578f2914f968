import { invariant } from '../edge/index.ts';
import { chronik } from '../proto/index.ts';
import type { BatchBytes, CloseMeta, FooterBatch, FooterClose, FooterEntry } from './entry.ts';
import { CorruptSlotError } from './errors.ts';
import type { SlotContent } from './slot.ts';

const TOPIC_ID_BYTES = 16;
const EMPTY = new Uint8Array(0);

/** Topic ids of one footer: written once, named by their index. */
class TopicTable {
  readonly ids: Buffer[] = [];
  readonly #indexes = new Map<string, number>();

  indexOf(topicId: string): number {
    const known = this.#indexes.get(topicId);
    if (known !== undefined) return known;
    const index = this.ids.length;
    this.ids.push(Buffer.from(topicId, 'base64url'));
    this.#indexes.set(topicId, index);
    return index;
  }
}

/** The footer of a slot with this content (undefined: CLAIM, SEAL, LOST, which have none). */
export function encodeFooter(content: SlotContent | undefined): Uint8Array {
  if (content === undefined || content.kind === 'heartbeat') return EMPTY;
  if (content.kind === 'events') return chronik.slot.SlotFooter.encode({ eventCount: content.count }).finish();
  const topics = new TopicTable();
  let position = 0;
  const batches = content.batches.map((batch) => {
    const entry = encodeBatch(batch, topics.indexOf(batch.topicId), position);
    position += batch.bytes.length;
    return entry;
  });
  const closes = content.closes.map((close) => encodeClose(close, topics.indexOf(close.topicId)));
  return chronik.slot.SlotFooter.encode({ topicIds: topics.ids, batches, closes }).finish();
}

function encodeBatch(batch: BatchBytes, topic: number, position: number): chronik.slot.BatchEntry.$Properties {
  const { control } = batch;
  // The encoder would wrap a negative number around in silence.
  invariant(batch.leaderEpoch >= 0 && batch.lastOffset >= batch.baseOffset, 'a batch without leader epoch or offsets');
  return {
    topic,
    partition: batch.partition,
    baseOffset: batch.baseOffset,
    lastOffsetDelta: batch.lastOffset - batch.baseOffset,
    leaderEpoch: batch.leaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    baseTimestamp: batch.baseTimestamp,
    maxTimestamp: batch.maxTimestamp,
    attributes: batch.attributes,
    recordCount: batch.recordCount,
    hlcMs: batch.hlc.ms,
    hlcCounter: batch.hlc.counter,
    position,
    length: batch.bytes.length,
    controlType: control === undefined ? null : control.type,
    coordinatorEpoch: control === undefined ? null : control.coordinatorEpoch,
  };
}

function encodeClose(close: CloseMeta, topic: number): chronik.slot.CloseEntry.$Properties {
  const { partition, leaderEpoch, endOffset, hlc } = close;
  return { topic, partition, leaderEpoch, endOffset, hlcMs: hlc.ms, hlcCounter: hlc.counter };
}

export interface DecodedFooter {
  readonly entries: readonly FooterEntry[];
  readonly eventCount: number;
}

/** Decodes a footer whose checksum was verified; `bodyBytes` bounds the byte ranges. `key` is for the errors. */
export function decodeFooter(key: string, bytes: Uint8Array, bodyBytes: number): DecodedFooter {
  if (bytes.length === 0) return { entries: [], eventCount: 0 };
  const footer = decodeMessage(key, bytes);
  const topicIds = footer.topicIds.map((id) => {
    if (id.length !== TOPIC_ID_BYTES) throw new CorruptSlotError(key, 'malformed', `topic id of ${id.length} bytes`);
    return Buffer.from(id).toString('base64url');
  });
  const topicAt = (index: number): string => {
    const topicId = topicIds[index];
    if (topicId === undefined) throw new CorruptSlotError(key, 'malformed', `topic ${index} is not in its table`);
    return topicId;
  };
  const entries: FooterEntry[] = [];
  for (const batch of footer.batches as readonly chronik.slot.BatchEntry[]) {
    if (batch.position + batch.length > bodyBytes) {
      throw new CorruptSlotError(key, 'malformed', `a batch at ${batch.position} reaches beyond the body`);
    }
    entries.push(decodeBatch(batch, topicAt(batch.topic)));
  }
  for (const close of footer.closes as readonly chronik.slot.CloseEntry[]) {
    entries.push(decodeClose(close, topicAt(close.topic)));
  }
  return { entries, eventCount: footer.eventCount };
}

function decodeMessage(key: string, bytes: Uint8Array): chronik.slot.SlotFooter {
  try {
    return chronik.slot.SlotFooter.decode(bytes);
  } catch (error) {
    throw new CorruptSlotError(key, 'malformed', 'its footer is no SlotFooter', error);
  }
}

function decodeBatch(batch: chronik.slot.BatchEntry, topicId: string): FooterBatch {
  const { controlType, coordinatorEpoch } = batch;
  const isMarker = typeof controlType === 'number' && typeof coordinatorEpoch === 'number';
  return {
    kind: 'batch',
    topicId,
    partition: batch.partition,
    baseOffset: batch.baseOffset,
    lastOffset: batch.baseOffset + batch.lastOffsetDelta,
    leaderEpoch: batch.leaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    recordCount: batch.recordCount,
    attributes: batch.attributes,
    baseTimestamp: batch.baseTimestamp,
    maxTimestamp: batch.maxTimestamp,
    hlc: { ms: batch.hlcMs, counter: batch.hlcCounter },
    position: batch.position,
    length: batch.length,
    ...(isMarker ? { control: { type: controlType, coordinatorEpoch } } : {}),
  };
}

function decodeClose(close: chronik.slot.CloseEntry, topicId: string): FooterClose {
  const { partition, leaderEpoch, endOffset, hlcMs, hlcCounter } = close;
  return { kind: 'close', topicId, partition, leaderEpoch, endOffset, hlc: { ms: hlcMs, counter: hlcCounter } };
}
