import { invariant } from '../edge/index.ts';

/**
 * One stream: the slots of one writer incarnation. The metadata log has one stream per metadata epoch, whoever claims it;
 * there `broker` only says who that was and is no part of the name.
 */
export interface StreamId {
  readonly log: 'metadata' | 'data';
  /** `{number}-{random}`, see timelineName. */
  readonly timeline: string;
  readonly broker: number;
  readonly epoch: number;
}

/** All streams of one writer's line: of a broker, or of the metadata log (which ignores `broker`). */
export type StreamLine = Omit<StreamId, 'epoch'>;

export interface SlotName {
  readonly stream: StreamId;
  readonly slot: number;
}

const METADATA_ROOT = 'metadata-wal/__meta/0/';
const DATA_ROOT = 'wal/';
const TIMELINE = String.raw`\d+-[0-9a-f]{8}`;
const METADATA_SLOT = new RegExp(`^${METADATA_ROOT}(${TIMELINE})-(\\d+)-(\\d+)\\.wal$`);
const DATA_SLOT = new RegExp(`^${DATA_ROOT}(${TIMELINE})/(\\d+)/(\\d+)/(\\d+)\\.wal$`);

/** A 32-bit number in a name: 10 digits, so that names sort as numbers do (hole 24). */
export function padNumber(value: number): string {
  return pad(value, 10);
}

/** A slot, offset or sequence number in a name: 20 digits. */
export function padLong(value: number): string {
  return pad(value, 20);
}

function pad(value: number, digits: number): string {
  invariant(Number.isSafeInteger(value) && value >= 0, `${value} cannot stand in the name of an object`);
  return String(value).padStart(digits, '0');
}

/** Name of a timeline: its number and 8 hex digits, which tell apart two forks that took the same number (rule 04). */
export function timelineName(number: number, random: string): string {
  invariant(/^[0-9a-f]{8}$/.test(random), `${JSON.stringify(random)} is not 8 hex digits`);
  return `${padNumber(number)}-${random}`;
}

/** Number and random part of a timeline's name; undefined if it is not one. */
export function parseTimeline(name: string): { readonly number: number; readonly random: string } | undefined {
  const match = /^(\d+)-([0-9a-f]{8})$/.exec(name);
  return match === null ? undefined : { number: Number(match[1]), random: match[2]! };
}

/** What every slot's name of the line starts with. */
export function linePrefix(line: StreamLine): string {
  if (line.log === 'metadata') return `${METADATA_ROOT}${line.timeline}-`;
  return `${DATA_ROOT}${line.timeline}/${padNumber(line.broker)}/`;
}

/** What every slot's name of a stream starts with. */
export function streamPrefix(stream: StreamId): string {
  const separator = stream.log === 'metadata' ? '-' : '/';
  return `${linePrefix(stream)}${padNumber(stream.epoch)}${separator}`;
}

/** What every data slot's name of a timeline starts with. */
export function timelineDataPrefix(timeline: string): string {
  return `${DATA_ROOT}${timeline}/`;
}

/** Name of a slot's object below the store's prefix. */
export function slotKey(stream: StreamId, slot: number): string {
  return `${streamPrefix(stream)}${padLong(slot)}.wal`;
}

/** Name of the LOST slot that stands beside a slot's object which is there and cannot be read. */
export function lostMarkerKey(stream: StreamId, slot: number): string {
  return `${streamPrefix(stream)}${padLong(slot)}.lost`;
}

/** The slot beside which a marker stands; undefined if it is not the name of one. */
export function parseLostMarkerKey(key: string): SlotName | undefined {
  const name = key.endsWith('.lost') ? parseSlotKey(key.replace(/lost$/, 'wal')) : undefined;
  return name !== undefined && lostMarkerKey(name.stream, name.slot) === key ? name : undefined;
}

/** Stream and number of a slot's name, read as numbers; undefined if it is not a slot's name. Metadata: broker 0. */
export function parseSlotKey(key: string): SlotName | undefined {
  const metadata = METADATA_SLOT.exec(key);
  if (metadata !== null) {
    const [, timeline, epoch, slot] = metadata;
    return { stream: { log: 'metadata', timeline: timeline!, broker: 0, epoch: Number(epoch) }, slot: Number(slot) };
  }
  const data = DATA_SLOT.exec(key);
  if (data === null) return undefined;
  const [, timeline, broker, epoch, slot] = data;
  const stream: StreamId = { log: 'data', timeline: timeline!, broker: Number(broker), epoch: Number(epoch) };
  return { stream, slot: Number(slot) };
}

/** A stream for logs and errors, e.g. `data stream 0000000001-0a1b2c3d/2/7`, `metadata epoch 0000000001-0a1b2c3d/7`. */
export function describeStream(stream: StreamId): string {
  if (stream.log === 'metadata') return `metadata epoch ${stream.timeline}/${stream.epoch}`;
  return `data stream ${stream.timeline}/${stream.broker}/${stream.epoch}`;
}
