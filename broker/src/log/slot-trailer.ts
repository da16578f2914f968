import { createHash } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import { invariant } from '../edge/index.ts';
import { CorruptSlotError, FormatTooNewError } from './errors.ts';

// The last 80 bytes of a slot, little-endian:
//
//    0  magic "CHRNSLOT"            20  footer offset, uint32      40  slotHash, 32 bytes
//    8  version, uint32             24  footer length, uint32      72  zero, uint32
//   12  header offset, uint32       28  CRC-32C of the body        76  CRC-32C of the 76 bytes before
//   16  header length, uint32       32  CRC-32C of the header
//                                   36  CRC-32C of the footer
//
// The sections lie without gaps: the body from 0 to the header offset, then header, footer, trailer. Every later version
// keeps size, magic, version and the trailer's own checksum where they are.

export const TRAILER_BYTES = 80;
const MAGIC = Buffer.from('CHRNSLOT', 'latin1');
const VERSION = 1;
const OWN_CRC_AT = 76;
/** Offsets are 32 bits; the largest body is one batch of `socket.request.max.bytes` (100 MiB), far below. */
const MAX_OFFSET = 0xffff_ffff;

/** CRC-32C of each section. */
export interface SectionChecksums {
  readonly body: number;
  readonly header: number;
  readonly footer: number;
}

export interface SlotTrailer {
  readonly headerOffset: number;
  readonly headerLength: number;
  readonly footerOffset: number;
  readonly footerLength: number;
  readonly checksums: SectionChecksums;
  readonly slotHash: Buffer;
}

/** SHA-256(header ‖ footer ‖ section CRC-32Cs): covers the body through its CRC, so that footers alone prove the chain. */
export function slotHash(header: Uint8Array, footer: Uint8Array, checksums: SectionChecksums): Buffer {
  const sums = Buffer.allocUnsafe(12);
  sums.writeUInt32LE(checksums.body, 0);
  sums.writeUInt32LE(checksums.header, 4);
  sums.writeUInt32LE(checksums.footer, 8);
  return createHash('sha256').update(header).update(footer).update(sums).digest();
}

export function encodeTrailer(trailer: SlotTrailer): Buffer {
  invariant(trailer.footerOffset + trailer.footerLength <= MAX_OFFSET, 'a slot is larger than its trailer can say');
  const bytes = Buffer.alloc(TRAILER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(trailer.headerOffset, 12);
  bytes.writeUInt32LE(trailer.headerLength, 16);
  bytes.writeUInt32LE(trailer.footerOffset, 20);
  bytes.writeUInt32LE(trailer.footerLength, 24);
  bytes.writeUInt32LE(trailer.checksums.body, 28);
  bytes.writeUInt32LE(trailer.checksums.header, 32);
  bytes.writeUInt32LE(trailer.checksums.footer, 36);
  trailer.slotHash.copy(bytes, 40);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, OWN_CRC_AT)), OWN_CRC_AT);
  return bytes;
}

/** Reads the trailer at the end of `tail`, the last bytes of an object of `sizeBytes`. `key` is for the errors. */
export function decodeTrailer(key: string, tail: Buffer, sizeBytes: number): SlotTrailer {
  const trailer = readTrailer(key, tail);
  const contiguous = trailer.headerOffset + trailer.headerLength === trailer.footerOffset;
  if (!contiguous || sizeOf(trailer) !== sizeBytes) {
    throw new CorruptSlotError(key, 'truncated', `its sections do not add up to ${sizeBytes} bytes`);
  }
  return trailer;
}

/** Size of the whole object as the trailer at the end of `tail` declares it. */
export function declaredSize(key: string, tail: Buffer): number {
  return sizeOf(readTrailer(key, tail));
}

function sizeOf(trailer: SlotTrailer): number {
  return trailer.footerOffset + trailer.footerLength + TRAILER_BYTES;
}

function readTrailer(key: string, tail: Buffer): SlotTrailer {
  if (tail.length < TRAILER_BYTES) {
    throw new CorruptSlotError(key, 'truncated', `${tail.length} bytes cannot hold a trailer of ${TRAILER_BYTES}`);
  }
  const bytes = tail.subarray(tail.length - TRAILER_BYTES);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new CorruptSlotError(key, 'truncated', 'it does not end in a trailer');
  }
  if (!trailerIsIntact(bytes)) {
    throw new CorruptSlotError(key, 'checksum', 'trailer');
  }
  const version = bytes.readUInt32LE(8);
  if (version > VERSION) throw new FormatTooNewError(key, `trailer version ${version}, known up to ${VERSION}`);
  return {
    headerOffset: bytes.readUInt32LE(12),
    headerLength: bytes.readUInt32LE(16),
    footerOffset: bytes.readUInt32LE(20),
    footerLength: bytes.readUInt32LE(24),
    checksums: { body: bytes.readUInt32LE(28), header: bytes.readUInt32LE(32), footer: bytes.readUInt32LE(36) },
    slotHash: Buffer.from(bytes.subarray(40, 72)),
  };
}

/** The slot hash at the end of an object, whatever its size; undefined if the bytes do not end in an intact trailer. */
export function peekSlotHash(tail: Buffer): Buffer | undefined {
  if (tail.length < TRAILER_BYTES) return undefined;
  const bytes = tail.subarray(tail.length - TRAILER_BYTES);
  const intact = bytes.subarray(0, MAGIC.length).equals(MAGIC) && trailerIsIntact(bytes);
  return intact ? bytes.subarray(40, 72) : undefined;
}

function trailerIsIntact(bytes: Buffer): boolean {
  return crc32c(bytes.subarray(0, OWN_CRC_AT)) === bytes.readUInt32LE(OWN_CRC_AT);
}
