import { crc32c } from '@node-rs/crc32';
import { combineCrc32c } from '../kafka/index.ts';
import type { BatchBytes } from './entry.ts';
import type { Hlc } from './hlc.ts';

// A frame of the local WAL, little-endian:
//
//    0  length of the payload, uint32       8  "WAL" and the kind, 4 bytes
//    4  CRC-32C from byte 8 on, uint32     12  payload
//
// The checksum of every frame but the first begins with a number of its file instead of 0: the salt in the file's header and the file's
// sequence, added. Files are used again, and what an earlier use left behind the last write is intact in itself: with another beginning
// its checksum never fits (a CRC of the same bytes from two beginnings is never the same), so it is not taken for frames of this file.
// Nobody outside knows the salt: what is left behind may also be the middle of a record, in which its producer wrote what looks like a
// frame.
//
//   file       JSON, first in every file: formatVersion, lineage, timeline, broker, epoch, sequence, salt, firstBatch
//   batch      topic id 16 · partition u32 · leader epoch u32 · HLC ms u48 · HLC counter u16 · base offset u64 ·
//              last offset u64 · the raw batch
//   frozen     slot u64 · throughBatch u64: the batches up to this one, counted from the stream's first, are in slots 0..slot
//   committed  the same, and those slots are committed
//   end        throughBatch u64: the file ends here, with this batch of the stream; what is behind is of an earlier use

export const FRAME_HEADER_BYTES = 12;
const BATCH_HEADER_BYTES = 48;
/** The frame of a batch without the batch. */
export const BATCH_FRAME_BYTES = FRAME_HEADER_BYTES + BATCH_HEADER_BYTES;
export const SLOT_FRAME_BYTES = FRAME_HEADER_BYTES + 16;
const MARKER = Buffer.from('WAL', 'latin1');
const KIND_AT = 11;
const KINDS = { file: 1, batch: 2, frozen: 3, committed: 4, end: 5 } as const;
const TWO_TO_32 = 0x1_0000_0000;

/** First frame of a file. */
export interface WalFileHeader {
  /** 2; 1 was one of before the first release. */
  readonly formatVersion: number;
  readonly lineage: string;
  readonly timeline: string;
  readonly broker: number;
  readonly epoch: number;
  readonly sequence: number;
  /** Random, the same in all files of the stream. */
  readonly salt: number;
  /** How many batches of the stream stand in earlier files. */
  readonly firstBatch: number;
}

/** A batch as the local WAL keeps it; what its own header says is not repeated. */
export interface WalBatch {
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly hlc: Hlc;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Buffer;
}

export type WalFrame =
  | { readonly kind: 'file'; readonly header: unknown }
  | { readonly kind: 'batch'; readonly batch: WalBatch }
  | { readonly kind: 'frozen' | 'committed'; readonly slot: number; readonly throughBatch: number }
  | { readonly kind: 'end'; readonly throughBatch: number }
  | { readonly kind: 'unknown'; readonly code: number };

/** What the checksums of a file's frames begin with, but for the first one's. */
export function crcStartOf({ salt, sequence }: Pick<WalFileHeader, 'salt' | 'sequence'>): number {
  return (salt + sequence) % TWO_TO_32;
}

export function encodeFileFrame(header: WalFileHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + json.length);
  json.copy(frame, FRAME_HEADER_BYTES);
  return sealFrame(frame, KINDS.file, 0);
}

/** The frame in front of a batch, for the file that `crcStart` is of; the batch's own bytes follow it uncopied. */
export function encodeBatchFrame(batch: BatchBytes, crcStart: number): Buffer {
  const frame = Buffer.allocUnsafe(BATCH_FRAME_BYTES);
  frame.write(batch.topicId, FRAME_HEADER_BYTES, 'base64url');
  frame.writeUInt32LE(batch.partition, 28);
  frame.writeUInt32LE(batch.leaderEpoch, 32);
  frame.writeUIntLE(batch.hlc.ms, 36, 6);
  frame.writeUInt16LE(batch.hlc.counter, 42);
  writeLong(frame, batch.baseOffset, 44);
  writeLong(frame, batch.lastOffset, 52);
  return sealFrame(frame, KINDS.batch, crcStart, batch);
}

export function encodeSlotFrame(
  kind: 'frozen' | 'committed',
  slot: number,
  throughBatch: number,
  crcStart: number,
): Buffer {
  const frame = Buffer.allocUnsafe(SLOT_FRAME_BYTES);
  writeLong(frame, slot, FRAME_HEADER_BYTES);
  writeLong(frame, throughBatch, FRAME_HEADER_BYTES + 8);
  return sealFrame(frame, KINDS[kind], crcStart);
}

export function encodeEndFrame(throughBatch: number, crcStart: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 8);
  writeLong(frame, throughBatch, FRAME_HEADER_BYTES);
  return sealFrame(frame, KINDS.end, crcStart);
}

/** Fills in length, kind and checksum; `batch` follows the frame. */
function sealFrame(frame: Buffer, kind: number, crcStart: number, batch?: BatchBytes): Buffer {
  frame.writeUInt32LE(frame.length - FRAME_HEADER_BYTES + (batch?.bytes.length ?? 0), 0);
  MARKER.copy(frame, 8);
  frame[KIND_AT] = kind;
  const own = crc32c(frame.subarray(8), crcStart);
  frame.writeUInt32LE(batch === undefined ? own : combineCrc32c(own, batch.bytesCrc, batch.bytes.length), 4);
  return frame;
}

/**
 * The intact frame at `position`, and where the next one begins; undefined if there is none. `crcStart`: 0 for the first frame, that of
 * the file for all others.
 */
export function decodeFrame(
  file: Buffer,
  position: number,
  crcStart: number,
): { frame: WalFrame; next: number } | undefined {
  if (position + FRAME_HEADER_BYTES > file.length) return undefined;
  const next = position + FRAME_HEADER_BYTES + file.readUInt32LE(position);
  if (next > file.length || !hasMarker(file, position)) return undefined;
  if (crc32c(file.subarray(position + 8, next), crcStart) !== file.readUInt32LE(position + 4)) return undefined;
  const payload = file.subarray(position + FRAME_HEADER_BYTES, next);
  return { frame: decodePayload(file[position + KIND_AT]!, payload), next };
}

/** Where the first intact frame of this file after `position` begins; undefined if none follows. */
export function findFrame(file: Buffer, position: number, crcStart: number): number | undefined {
  let marker = file.indexOf(MARKER, position + 9);
  while (marker !== -1) {
    if (decodeFrame(file, marker - 8, crcStart) !== undefined) return marker - 8;
    marker = file.indexOf(MARKER, marker + 1);
  }
  return undefined;
}

function hasMarker(file: Buffer, position: number): boolean {
  return file.compare(MARKER, 0, MARKER.length, position + 8, position + 8 + MARKER.length) === 0;
}

function decodePayload(code: number, payload: Buffer): WalFrame {
  switch (code) {
    case KINDS.file:
      return { kind: 'file', header: JSON.parse(payload.toString()) as unknown };
    case KINDS.batch:
      return { kind: 'batch', batch: decodeBatch(payload) };
    case KINDS.frozen:
    case KINDS.committed: {
      const kind = code === KINDS.frozen ? 'frozen' : 'committed';
      return { kind, slot: readLong(payload, 0), throughBatch: readLong(payload, 8) };
    }
    case KINDS.end:
      return { kind: 'end', throughBatch: readLong(payload, 0) };
    default:
      return { kind: 'unknown', code };
  }
}

function decodeBatch(payload: Buffer): WalBatch {
  return {
    topicId: payload.toString('base64url', 0, 16),
    partition: payload.readUInt32LE(16),
    leaderEpoch: payload.readUInt32LE(20),
    hlc: { ms: payload.readUIntLE(24, 6), counter: payload.readUInt16LE(30) },
    baseOffset: readLong(payload, 32),
    lastOffset: readLong(payload, 40),
    bytes: payload.subarray(BATCH_HEADER_BYTES),
  };
}

/** Two 32-bit halves: several times faster than BigInt, exact up to 2^53. */
function writeLong(target: Buffer, value: number, at: number): void {
  target.writeUInt32LE(value % TWO_TO_32, at);
  target.writeUInt32LE(Math.floor(value / TWO_TO_32), at + 4);
}

function readLong(source: Buffer, at: number): number {
  return source.readUInt32LE(at + 4) * TWO_TO_32 + source.readUInt32LE(at);
}
