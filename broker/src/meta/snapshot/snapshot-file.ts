import { createHash } from 'node:crypto';
import type { Hlc } from '../../log/index.ts';
import { chronik } from '../../proto/index.ts';
import { MetadataCorruptError, MetadataFormatError } from '../errors.ts';
import type { FrozenImage } from '../frozen-image.ts';
import type { MetadataImage } from '../image.ts';
import { ownBytes, refuseUnknown } from '../wire.ts';
import { decodeState, encodeState } from './state-codec.ts';

//   0  magic "CHRONIKM"        8 bytes
//   8  format version          u32, big-endian like all here
//  12  length of the header    u32
//  16  SnapshotHeader
//   .  MetadataState           up to the digest
//  -32 SHA-256 of all before
//
// Magic and digest stay as they are in every later version: damage can then be told from a newer format.

const MAGIC = Buffer.from('CHRONIKM', 'latin1');
const FORMAT_VERSION = 1;
const HEADER_AT = 16;
const DIGEST_BYTES = 32;

/** Where a snapshot's state stands, beyond the state itself. */
export interface SnapshotContext {
  /** slotHash of the slot after which the state holds. */
  readonly slotHash: Buffer;
  /** No event in the state is later. */
  readonly hlc: Hlc;
  /** Digest of the snapshot before; empty if there is none. */
  readonly previousSnapshotHash: Buffer;
}

export interface DecodedSnapshot extends SnapshotContext {
  readonly image: FrozenImage;
  /** The digest at its end. */
  readonly hash: Buffer;
}

export interface EncodedSnapshot {
  readonly bytes: Buffer;
  readonly hash: Buffer;
}

export function encodeSnapshot(image: MetadataImage, context: SnapshotContext): EncodedSnapshot {
  const header = chronik.snapshot.SnapshotHeader.encode({
    lineage: image.lineage,
    timeline: image.timeline,
    epoch: image.position.epoch,
    slot: image.position.slot,
    slotHash: context.slotHash,
    hlcMs: context.hlc.ms,
    hlcCounter: context.hlc.counter,
    previousSnapshotHash: context.previousSnapshotHash,
    eventCount: image.eventCount,
    topicCount: image.topicCount,
    partitionCount: image.partitionCount,
  }).finish();
  const start = Buffer.alloc(HEADER_AT);
  MAGIC.copy(start);
  start.writeUInt32BE(FORMAT_VERSION, 8);
  start.writeUInt32BE(header.length, 12);
  const content = Buffer.concat([start, header, encodeState(image)]);
  const hash = digestOf(content);
  return { bytes: Buffer.concat([content, hash]), hash };
}

/**
 * Verifies and decodes; `key` names the object in errors. Throws MetadataCorruptError if a byte is not what was written,
 * MetadataFormatError if a newer version wrote it.
 */
export function decodeSnapshot(bytes: Buffer, key: string): DecodedSnapshot {
  const digestAt = bytes.length - DIGEST_BYTES;
  if (digestAt < HEADER_AT || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new MetadataCorruptError(`${key} is not a metadata snapshot, or half of one`);
  }
  const hash = digestOf(bytes.subarray(0, digestAt));
  if (!hash.equals(bytes.subarray(digestAt))) {
    throw new MetadataCorruptError(`${key} does not match its SHA-256`);
  }
  const version = bytes.readUInt32BE(8);
  if (version !== FORMAT_VERSION) throw new MetadataFormatError(`${key} has format version ${version}`);
  const stateAt = HEADER_AT + bytes.readUInt32BE(12);
  const header = decodeHeader(bytes.subarray(HEADER_AT, stateAt), key);
  const image = decodeState(bytes.subarray(stateAt, digestAt), header, key);
  if (image.topicCount !== header.topicCount || image.partitionCount !== header.partitionCount) {
    throw new MetadataCorruptError(`${key} does not hold the topics and partitions that its header counts`);
  }
  return {
    image,
    hash,
    slotHash: ownBytes(header.slotHash),
    hlc: { ms: header.hlcMs, counter: header.hlcCounter },
    previousSnapshotHash: ownBytes(header.previousSnapshotHash),
  };
}

function decodeHeader(bytes: Buffer, key: string): chronik.snapshot.SnapshotHeader {
  let header: chronik.snapshot.SnapshotHeader;
  try {
    header = chronik.snapshot.SnapshotHeader.decode(bytes);
  } catch (cause) {
    throw new MetadataCorruptError(`${key}: the header does not decode`, { cause });
  }
  refuseUnknown(header, key);
  return header;
}

function digestOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
