import { chronik } from '../proto/index.ts';
import { CorruptSlotError, FormatTooNewError } from './errors.ts';
import type { SlotHeader, SlotPart } from './slot.ts';

const { SlotKind, SlotLog } = chronik.slot;
const FORMAT_VERSION = 1;
const WRITE_ID_BYTES = 16;
const HASH_BYTES = 32;

const KIND = {
  claim: SlotKind.SLOT_KIND_CLAIM,
  data: SlotKind.SLOT_KIND_DATA,
  seal: SlotKind.SLOT_KIND_SEAL,
  lost: SlotKind.SLOT_KIND_LOST,
} as const;

export function encodeHeader(header: SlotHeader): Uint8Array {
  const { previousHash, committedThrough, metadataThrough: mark } = header;
  return chronik.slot.SlotHeader.encode({
    formatVersion: FORMAT_VERSION,
    kind: KIND[header.part.kind],
    log: header.log === 'metadata' ? SlotLog.SLOT_LOG_METADATA : SlotLog.SLOT_LOG_DATA,
    lineage: header.lineage,
    timeline: header.timeline,
    broker: header.broker,
    epoch: header.epoch,
    slot: header.slot,
    writeId: header.writeId,
    ...(previousHash === undefined ? {} : { previousHash }),
    firstHlcMs: header.firstHlc.ms,
    firstHlcCounter: header.firstHlc.counter,
    lastHlcMs: header.lastHlc.ms,
    lastHlcCounter: header.lastHlc.counter,
    ...(committedThrough < 0 ? {} : { committedThrough }),
    ...(mark === undefined ? {} : { metadataEpoch: mark.epoch, metadataSlot: mark.slot }),
    ...encodePart(header.part),
  }).finish();
}

function encodePart(part: SlotPart): Partial<chronik.slot.SlotHeader.$Properties> {
  switch (part.kind) {
    case 'data':
      return {};
    case 'claim': {
      const { window, address, installation, heartbeatMs } = part;
      return { claim: { window, address, installation, heartbeatMs } };
    }
    case 'seal':
      return { seal: { broker: part.sealedBy, metadataEpoch: part.metadataEpoch, clean: part.clean } };
    case 'lost':
      return { lost: { reason: part.reason, broker: part.markedBy, metadataEpoch: part.metadataEpoch } };
  }
}

/** Decodes and checks the shape of a header whose checksum was verified. `key` is for the errors. */
export function decodeHeader(key: string, bytes: Uint8Array): SlotHeader {
  const message = decodeMessage(key, bytes);
  if (message.formatVersion > FORMAT_VERSION) {
    throw new FormatTooNewError(key, `slot format ${message.formatVersion}, known up to ${FORMAT_VERSION}`);
  }
  const { previousHash, metadataEpoch, metadataSlot } = message;
  if (message.formatVersion === 0 || message.writeId.length !== WRITE_ID_BYTES) {
    throw new CorruptSlotError(key, 'malformed', 'header without format version or write id');
  }
  if (previousHash !== null && previousHash !== undefined && previousHash.length !== HASH_BYTES) {
    throw new CorruptSlotError(key, 'malformed', `previous hash of ${previousHash.length} bytes`);
  }
  return {
    log: decodeLog(key, message.log),
    lineage: message.lineage,
    timeline: message.timeline,
    broker: message.broker,
    epoch: message.epoch,
    slot: message.slot,
    writeId: Buffer.from(message.writeId),
    previousHash: previousHash === null || previousHash === undefined ? undefined : Buffer.from(previousHash),
    firstHlc: { ms: message.firstHlcMs, counter: message.firstHlcCounter },
    lastHlc: { ms: message.lastHlcMs, counter: message.lastHlcCounter },
    committedThrough: message.committedThrough ?? -1,
    ...(typeof metadataEpoch === 'number' && typeof metadataSlot === 'number'
      ? { metadataThrough: { epoch: metadataEpoch, slot: metadataSlot } }
      : {}),
    part: decodePart(key, message),
  };
}

function decodeMessage(key: string, bytes: Uint8Array): chronik.slot.SlotHeader {
  try {
    return chronik.slot.SlotHeader.decode(bytes);
  } catch (error) {
    throw new CorruptSlotError(key, 'malformed', 'its header is no SlotHeader', error);
  }
}

function decodeLog(key: string, log: number): 'metadata' | 'data' {
  if (log === SlotLog.SLOT_LOG_METADATA) return 'metadata';
  if (log === SlotLog.SLOT_LOG_DATA) return 'data';
  throw new FormatTooNewError(key, `log ${log}`);
}

function decodePart(key: string, message: chronik.slot.SlotHeader): SlotPart {
  const { claim, seal, lost } = message;
  if (message.kind === SlotKind.SLOT_KIND_DATA) return { kind: 'data' };
  if (message.kind === SlotKind.SLOT_KIND_CLAIM && claim) {
    const { window, address, installation, heartbeatMs } = claim;
    if (!window) throw new CorruptSlotError(key, 'malformed', 'a claim without a window');
    return {
      kind: 'claim',
      window,
      address: address ?? '',
      installation: installation ?? '',
      heartbeatMs: heartbeatMs ?? 0,
    };
  }
  if (message.kind === SlotKind.SLOT_KIND_SEAL && seal) {
    return {
      kind: 'seal',
      sealedBy: seal.broker ?? 0,
      metadataEpoch: seal.metadataEpoch ?? 0,
      clean: seal.clean ?? false,
    };
  }
  if (message.kind === SlotKind.SLOT_KIND_LOST && lost) {
    return {
      kind: 'lost',
      reason: lost.reason ?? '',
      markedBy: lost.broker ?? 0,
      metadataEpoch: lost.metadataEpoch ?? 0,
    };
  }
  if (message.kind > SlotKind.SLOT_KIND_LOST) throw new FormatTooNewError(key, `slot kind ${message.kind}`);
  throw new CorruptSlotError(key, 'malformed', `kind ${message.kind} without its part`);
}
