// The slot log: how everything that must survive gets into the bucket, in order, from one writer at a time.
//
// A LINE is the log of one writer through all its lives: the metadata log, or one broker's WAL. Each life, an epoch, is a
// STREAM: numbered objects, slots, each created once and never overwritten.
//
//     wal/{timeline}/{broker}/{epoch}/…0.wal   CLAIM   "epoch 7 is mine"             created by claim.ts
//                                    …1.wal   DATA    batches of many partitions    slot-writer.ts, fed by data-stream.ts
//                                    …2.wal   DATA    hash of slot 1 ┐ the chain
//                                    …3.wal   DATA    hash of slot 2 ┘
//                                    …4.wal   SEAL    "nothing follows, for ever"   seal.ts, or the writer itself
//
// The store decides one thing only: of two who create the same name, one wins. From that follows all the rest:
//
//   Who writes?      Whoever created slot 0. A successor takes the next epoch and creates a SEAL at the first gap of the old
//                    stream. Now the old writer's next slot, or the one after, finds its name taken: it is FENCED. It cannot
//                    pass, however long it slept, because seals are never deleted.
//   What is safe?    Slot n is committed when 0..n all exist and are ours. Up to W slots are on their way at a time, in any
//                    order; acks follow the gap-free prefix. Nothing beyond it was ever promised to anybody.
//   Whose is it?     An answer may be lost on its way. A slot that exists is read back: ours = same write id and same hash.
//   Is it the end?   A missing slot is the end of the log, unless something says that it was committed: a slot W or more above
//                    it, or one that carries `committedThrough` ≥ it. Then it is damage: repaired from a copy, or marked LOST,
//                    never passed over in silence (gap.ts, repair.ts).
//   Still the owner? A writer that has not written for a while may be sealed without knowing. Before an answer that only the
//                    owner may give, it looks: proveOpen (rule 18).
//
// Reading: slot-reader.ts one slot, verified; walk.ts a stream, its chain verified, in parallel and in order. One ranged GET
// of the last 64 KiB is enough for that: header, footer and trailer stand behind the body (slot-trailer.ts draws it).
//
// Time: hlc.ts. Every batch carries hybrid time, which never falls along a stream and is merged from everything read, so that
// "all with clock ≤ T" is a consistent cut over all streams (rule 12).
//
// The local WAL (local-wal.ts) is no part of this: a cache on the broker's own disk, for acks=1 and warm starts, checked
// against the bucket before anything in it is believed.
//
// Start with slot.ts (what a slot is), slot-writer.ts (how one gets in) and walk.ts (how they are read).

export type { LogContext } from './context.ts';
export type {
  BatchBytes,
  BatchEntry,
  BatchLocation,
  LocatedBatch,
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
export { HybridClock, compareHlc } from './hlc.ts';
export type { Hlc } from './hlc.ts';
export { DATA_WINDOW, METADATA_WINDOW } from './slot.ts';
export type {
  ClaimPart,
  LostPart,
  MetadataMark,
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
  lostMarkerKey,
  parseLostMarkerKey,
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
export { readThrough } from './read-through.ts';
export type { ReadThroughOptions } from './read-through.ts';
export { metadataCommittedThrough } from './metadata-evidence.ts';
export type { RepairOptions } from './repair.ts';
export { sealEpochs, sealStream } from './seal.ts';
export type { EpochRange, SealOptions, SealedEpoch } from './seal.ts';
export { decodeSlot } from './slot-codec.ts';
export { listSlots } from './slot-feed.ts';
export { checkIdentity, readSlot } from './slot-reader.ts';
export type { ReadDepth } from './slot-reader.ts';
export { SlotWriter } from './slot-writer.ts';
export { StreamWalker, walkStream } from './walk.ts';
export type { WalkEnd, WalkOptions } from './walk.ts';
export { DataStream } from './data-stream.ts';
export type { DataStreamOptions, SlotObserver } from './data-stream.ts';
export { readBatch } from './read-batch.ts';
export { LocalWal } from './local-wal.ts';
export type { LocalWalOptions } from './local-wal.ts';
export { isSpare } from './wal-files.ts';
export { readLocalWals } from './local-wal-reader.ts';
export type { SurvivingBatch, SurvivingWal, WalReadEnd } from './local-wal-reader.ts';
export type { WalBatch } from './wal-frame.ts';
