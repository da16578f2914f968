export type { LogContext } from './context.ts';
export type {
  BatchBytes,
  BatchEntry,
  BatchLocation,
  BatchMeta,
  BatchOwner,
  CloseMeta,
  ControlMarker,
  FooterBatch,
  FooterClose,
  FooterEntry,
} from './entry.ts';
export { CorruptSlotError, DamagedStreamError, FencedError, FormatTooNewError } from './errors.ts';
export type { CorruptionReason, FencedBy } from './errors.ts';
export { HLC_ZERO, HybridClock, compareHlc } from './hlc.ts';
export type { Hlc } from './hlc.ts';
export { DATA_WINDOW, METADATA_WINDOW } from './slot.ts';
export type {
  ClaimPart,
  LostPart,
  ReadSlot,
  SealPart,
  SealedStream,
  SlotContent,
  SlotHeader,
  SlotKind,
  SlotPart,
  SlotRef,
  WalkedSlot,
} from './slot.ts';
export {
  describeStream,
  linePrefix,
  padLong,
  padNumber,
  parseSlotKey,
  parseTimeline,
  slotKey,
  streamPrefix,
  timelineDataPrefix,
  timelineName,
} from './stream-names.ts';
export type { SlotName, StreamId, StreamLine } from './stream-names.ts';
export { claimStream } from './claim.ts';
export type { ClaimOptions } from './claim.ts';
export { brokersWithStreams, listEpochs, newestEpoch } from './epochs.ts';
export type { SlotRange } from './gap.ts';
export type { RepairOptions } from './repair.ts';
export { sealEpochs, sealStream } from './seal.ts';
export type { EpochRange, SealOptions, SealedEpoch } from './seal.ts';
export { readSlot } from './slot-reader.ts';
export type { ReadDepth } from './slot-reader.ts';
export { SlotWriter } from './slot-writer.ts';
export { walkStream } from './walk.ts';
export type { WalkEnd, WalkOptions } from './walk.ts';
export { DataStream } from './data-stream.ts';
export type { DataStreamOptions, SlotObserver } from './data-stream.ts';
export { readBatch } from './read-batch.ts';
export { LocalWal, LocalWalError } from './local-wal.ts';
export type { LocalWalOptions } from './local-wal.ts';
export { readLocalWals } from './local-wal-reader.ts';
export type { SurvivingBatch, SurvivingWal, WalReadEnd } from './local-wal-reader.ts';
export type { WalBatch } from './wal-frame.ts';
