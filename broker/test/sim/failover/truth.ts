import { parseBatchHeader } from '../../../src/kafka/index.ts';
import { compareHlc, decodeSlot, parseSlotKey } from '../../../src/log/index.ts';
import type { Hlc, ReadSlot } from '../../../src/log/index.ts';
import { timelineFileKey } from '../../../src/meta/index.ts';
import { decodeTimelineFile } from '../../../src/meta/files/timeline-file.ts';
import type { TimelineFile } from '../../../src/meta/index.ts';
import type { SimBucket } from '../sim-store.ts';

/** CRC and last offset of each batch of a partition, by base offset. */
export type TrueLog = ReadonlyMap<number, { readonly crc: number; readonly lastOffset: number }>;

/** By `topicId/partition`. */
export type TrueLogs = ReadonlyMap<string, TrueLog>;

/**
 * What a timeline holds up to a time, told from every object of its own bucket, without any of the code that recovers: each
 * stream is its slots up to the first that is not there, or to its seal.
 */
export function trueLogs(bucket: SimBucket, timeline: string, upTo: Hlc, before: TrueLogs): TrueLogs {
  const streams = new Map<string, Map<number, { readonly slot: ReadSlot; readonly body: Buffer }>>();
  for (const [key, body] of bucket.contents()) {
    const name = parseSlotKey(key);
    if (name === undefined || name.stream.log !== 'data' || name.stream.timeline !== timeline) continue;
    const stream = `${name.stream.broker}/${name.stream.epoch}`;
    const slots = streams.get(stream) ?? new Map<number, { readonly slot: ReadSlot; readonly body: Buffer }>();
    slots.set(name.slot, { slot: decodeSlot(key, body, body.length), body });
    streams.set(stream, slots);
  }
  const logs = new Map([...before].map(([partition, log]) => [partition, new Map(log)]));
  for (const slots of streams.values()) {
    for (let number = 0; ; number++) {
      const found = slots.get(number);
      if (found === undefined || found.slot.kind === 'seal') break;
      takeEntries(logs, found.slot, found.body, upTo);
    }
  }
  return logs;
}

function takeEntries(
  logs: Map<string, Map<number, { crc: number; lastOffset: number }>>,
  slot: ReadSlot,
  body: Buffer,
  upTo: Hlc,
): void {
  for (const entry of slot.entries) {
    if (entry.kind === 'close' || compareHlc(entry.hlc, upTo) > 0) continue;
    const partition = `${entry.topicId}/${entry.partition}`;
    const log = logs.get(partition) ?? new Map<number, { crc: number; lastOffset: number }>();
    const { crc } = parseBatchHeader(body.subarray(entry.position, entry.position + entry.length));
    log.set(entry.baseOffset, { crc, lastOffset: entry.lastOffset });
    logs.set(partition, log);
  }
}

/** The child that was made of a timeline, as its own bucket tells it. */
export function childIn(bucket: SimBucket, parent: string): TimelineFile | undefined {
  for (const [key, body] of bucket.contents()) {
    if (!key.startsWith('timelines/')) continue;
    const file = decodeTimelineFile(body, key);
    const isOwn = file.store.bucket === bucket.name && timelineFileKey(file.timeline) === key;
    if (isOwn && file.parent === parent) return file;
  }
  return undefined;
}
