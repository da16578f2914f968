import type { Hlc } from '../../log/index.ts';
import type { PatientStore, StoreAddress } from '../../store/index.ts';
import type { MetadataPosition, StreamName } from '../image.ts';
import { createOnce } from './create-once.ts';
import type { CreatedOnce } from './create-once.ts';
import { FieldReader, decodeJsonFile, encodeJsonFile } from './json-file.ts';
import { TIMELINE_PATTERN } from './patterns.ts';
import { readChecked } from './read-checked.ts';

/** Where a timeline leaves its parent: the last metadata slot that counts, and the time up to which data counts. */
export interface TimelineCut {
  readonly metadata: MetadataPosition;
  /** Entries up to this time count, in every stream. */
  readonly hlc: Hlc;
  /** Streams that had not ended there, each with its last slot that holds anything that counts. */
  readonly streams: readonly CutStream[];
}

export interface CutStream extends StreamName {
  readonly through: number;
  /** slotHash of that slot. */
  readonly hash: Buffer;
}

export type TimelineReason = 'root' | 'point in time' | 'promotion' | 'store moved';

/** `timelines/{timeline}.json`. Created once, never deleted. */
export interface TimelineFile {
  readonly timeline: string;
  /** Undefined for the root. */
  readonly parent: string | undefined;
  /** Undefined for the root. */
  readonly cut: TimelineCut | undefined;
  readonly reason: TimelineReason;
  /** The plan that made it (rule 05); undefined if none did. */
  readonly planId: string | undefined;
  /** The one store in which it may be appended to or sealed (rule 02). */
  readonly store: StoreAddress;
  readonly createdAtMs: number;
}

export const TIMELINES_PREFIX = 'timelines/';

const REASONS = ['root', 'point in time', 'promotion', 'store moved'] as const;
const PROVIDERS = ['local', 'memory', 's3', 'gcs', 'azure'] as const;
const ANY = /^.*$/s;
const HASH = /^[0-9a-f]{64}$/;

export function timelineFileKey(timeline: string): string {
  return `${TIMELINES_PREFIX}${timeline}.json`;
}

/** The timeline that an object under `timelines/` is named after; undefined if the name is not of that form. */
export function parseTimelineFileKey(key: string): string | undefined {
  const match = /^timelines\/(\d{10}-[0-9a-f]{8})\.json$/.exec(key);
  return match?.[1];
}

export function encodeTimelineFile(file: TimelineFile): Buffer {
  const { provider, endpoint, bucket, prefix } = file.store;
  return encodeJsonFile({
    timeline: file.timeline,
    parent: file.parent ?? null,
    cut: file.cut === undefined ? null : cutFields(file.cut),
    reason: file.reason,
    planId: file.planId ?? null,
    store: { provider, endpoint, bucket, prefix },
    createdAtMs: file.createdAtMs,
  });
}

function cutFields({ metadata, hlc, streams }: TimelineCut): object {
  return {
    epoch: metadata.epoch,
    slot: metadata.slot,
    hlcMs: hlc.ms,
    hlcCounter: hlc.counter,
    streams: streams.map(({ timeline, broker, epoch, through, hash }) => ({
      timeline,
      broker,
      epoch,
      through,
      hash: hash.toString('hex'),
    })),
  };
}

/** Throws MetadataCorruptError (METADATA_CORRUPT; also if the file lies under another's name) or FormatTooNewError. */
export function decodeTimelineFile(bytes: Buffer, key: string): TimelineFile {
  const fields = new FieldReader(decodeJsonFile(bytes, key), key);
  const own = parseTimelineFileKey(key);
  const file: TimelineFile = {
    timeline: fields.text('timeline', own === undefined ? TIMELINE_PATTERN : new RegExp(`^${own}$`)),
    parent: fields.optionalText('parent', TIMELINE_PATTERN),
    cut: fields.optional('cut', readCut),
    reason: fields.oneOf('reason', REASONS),
    planId: fields.optionalText('planId', ANY),
    store: fields.object('store', readStore),
    createdAtMs: fields.count('createdAtMs'),
  };
  fields.end();
  return file;
}

function readCut(fields: FieldReader): TimelineCut {
  return {
    metadata: { epoch: fields.count('epoch'), slot: fields.count('slot') },
    hlc: { ms: fields.count('hlcMs'), counter: fields.count('hlcCounter') },
    streams: fields.list('streams', readCutStream),
  };
}

function readCutStream(fields: FieldReader): CutStream {
  return {
    timeline: fields.text('timeline', TIMELINE_PATTERN),
    broker: fields.count('broker'),
    epoch: fields.count('epoch'),
    through: fields.count('through'),
    hash: Buffer.from(fields.text('hash', HASH), 'hex'),
  };
}

function readStore(fields: FieldReader): StoreAddress {
  return {
    provider: fields.oneOf('provider', PROVIDERS),
    endpoint: fields.text('endpoint', ANY),
    bucket: fields.text('bucket', ANY),
    prefix: fields.text('prefix', ANY),
  };
}

/** Undefined only when the store says that it is not there (P9). Retries outages for ever. */
export function readTimelineFile(store: PatientStore, timeline: string): Promise<TimelineFile | undefined> {
  const key = timelineFileKey(timeline);
  return readChecked(store, key, (bytes) => decodeTimelineFile(bytes, key));
}

/**
 * All timelines of the store, in the order of their names. An object that is not a timeline's is an error, not skipped. What is in
 * `known` is not read again, and what was read is put there: the files never change.
 */
export async function readTimelineFiles(
  store: PatientStore,
  signal?: AbortSignal,
  known = new Map<string, TimelineFile>(),
): Promise<readonly TimelineFile[]> {
  const files: TimelineFile[] = [];
  for await (const { key } of store.listAll(TIMELINES_PREFIX, signal === undefined ? {} : { signal })) {
    const file = known.get(key) ?? (await readChecked(store, key, (bytes) => decodeTimelineFile(bytes, key), signal));
    if (file === undefined) continue;
    known.set(key, file);
    files.push(file);
  }
  return files;
}

/** Several brokers that carry out one plan make one child; who is late gets the file that is there. */
export function createTimelineFile(store: PatientStore, file: TimelineFile): Promise<CreatedOnce<TimelineFile>> {
  const key = timelineFileKey(file.timeline);
  return createOnce(store, key, file, encodeTimelineFile, (bytes) => decodeTimelineFile(bytes, key));
}
