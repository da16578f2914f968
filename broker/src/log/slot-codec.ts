import { crc32c } from '@node-rs/crc32';
import { combineCrc32c } from '../kafka/index.ts';
import { CorruptSlotError } from './errors.ts';
import { decodeFooter, encodeFooter } from './footer-codec.ts';
import { decodeHeader, encodeHeader } from './header-codec.ts';
import type { ReadSlot, SlotContent, SlotHeader, SlotKind } from './slot.ts';
import { TRAILER_BYTES, declaredSize, decodeTrailer, encodeTrailer, slotHash } from './slot-trailer.ts';
import type { SlotTrailer } from './slot-trailer.ts';

/** A frozen slot: number and bytes will not change again (rule 11). */
export interface EncodedSlot {
  /** To be written in order; the batches' own buffers, not copies. */
  readonly parts: readonly Uint8Array[];
  readonly hash: Buffer;
  readonly sizeBytes: number;
}

/** Encodes a slot; `content` is undefined for CLAIM, SEAL and LOST. */
export function encodeSlot(header: SlotHeader, content?: SlotContent): EncodedSlot {
  const body = bodyOf(content);
  const headerBytes = encodeHeader(header);
  const footerBytes = encodeFooter(content);
  const checksums = { body: body.crc, header: crc32c(headerBytes), footer: crc32c(footerBytes) };
  const hash = slotHash(headerBytes, footerBytes, checksums);
  const footerOffset = body.length + headerBytes.length;
  const trailer = encodeTrailer({
    headerOffset: body.length,
    headerLength: headerBytes.length,
    footerOffset,
    footerLength: footerBytes.length,
    checksums,
    slotHash: hash,
  });
  const sizeBytes = footerOffset + footerBytes.length + TRAILER_BYTES;
  return { parts: [...body.parts, headerBytes, footerBytes, trailer], hash, sizeBytes };
}

interface SlotBody {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
  readonly crc: number;
}

const NO_BODY: SlotBody = { parts: [], length: 0, crc: 0 };

function bodyOf(content: SlotContent | undefined): SlotBody {
  if (content === undefined || content.kind === 'heartbeat') return NO_BODY;
  if (content.kind === 'events') {
    return { parts: [content.body], length: content.body.length, crc: crc32c(content.body) };
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  let crc = 0;
  for (const { bytes, bytesCrc } of content.batches) {
    parts.push(bytes);
    length += bytes.length;
    crc = combineCrc32c(crc, bytesCrc, bytes.length);
  }
  return { parts, length, crc };
}

/**
 * Decodes the end of an object: `tail` is its last bytes and must reach back to the header (see tailStart). The checksums of
 * header and footer and the slot hash are always verified, the body's if `tail` is the whole object.
 */
export function decodeSlot(key: string, tail: Buffer, sizeBytes: number): ReadSlot {
  const trailer = decodeTrailer(key, tail, sizeBytes);
  const tailAt = sizeBytes - tail.length;
  const sections = tail.subarray(Math.max(0, trailer.headerOffset - tailAt), tail.length - TRAILER_BYTES);
  if (sections.length < trailer.headerLength + trailer.footerLength) {
    throw new CorruptSlotError(key, 'truncated', 'header and footer were not read');
  }
  const headerBytes = sections.subarray(0, trailer.headerLength);
  const footerBytes = sections.subarray(trailer.headerLength);
  checkSections(key, trailer, headerBytes, footerBytes);
  const header = decodeHeader(key, headerBytes);
  const { entries, eventCount } = decodeFooter(key, footerBytes, trailer.headerOffset);
  const { slotHash: hash, headerOffset } = trailer;
  const slot = { slot: header.slot, kind: header.part.kind, hash, header, entries, eventCount, sizeBytes };
  if (tailAt > 0) return slot;
  const body = tail.subarray(0, headerOffset);
  if (crc32c(body) !== trailer.checksums.body) throw new CorruptSlotError(key, 'checksum', 'body');
  return { ...slot, body };
}

function checkSections(key: string, trailer: SlotTrailer, header: Uint8Array, footer: Uint8Array): void {
  if (crc32c(header) !== trailer.checksums.header) throw new CorruptSlotError(key, 'checksum', 'header');
  if (crc32c(footer) !== trailer.checksums.footer) throw new CorruptSlotError(key, 'checksum', 'footer');
  if (!slotHash(header, footer, trailer.checksums).equals(trailer.slotHash)) {
    throw new CorruptSlotError(key, 'checksum', 'slot hash');
  }
}

/** Where a read must begin so that decodeSlot finds header and footer; known once the trailer has been read. */
export function tailStart(key: string, tail: Buffer, sizeBytes: number): number {
  return decodeTrailer(key, tail, sizeBytes).headerOffset;
}

/** The kind of the slot that an object's end belongs to; undefined if the bytes are no slot, or its header lies further back. */
export function peekKind(key: string, tail: Buffer): SlotKind | undefined {
  try {
    const sizeBytes = declaredSize(key, tail);
    return tail.length > sizeBytes ? undefined : decodeSlot(key, tail, sizeBytes).kind;
  } catch {
    return undefined;
  }
}
