import type { BatchBytes, CloseMeta, FooterEntry } from './entry.ts';
import type { Hlc } from './hlc.ts';

/** Slots in flight that a new data stream allows; written into its claim (rule 01). */
export const DATA_WINDOW = 8;
/** The metadata log sends one slot at a time. */
export const METADATA_WINDOW = 1;

export type SlotKind = 'claim' | 'data' | 'seal' | 'lost';

/** What a SlotHeader says (broker/proto/slot.proto describes each field). */
export interface SlotHeader {
  readonly log: 'metadata' | 'data';
  readonly lineage: string;
  readonly timeline: string;
  readonly broker: number;
  readonly epoch: number;
  readonly slot: number;
  /** 16 bytes. */
  readonly writeId: Buffer;
  /** 32 bytes; undefined in slot 0, SEAL and LOST. */
  readonly previousHash: Buffer | undefined;
  readonly firstHlc: Hlc;
  readonly lastHlc: Hlc;
  /** Slots 0..this were committed when the slot was frozen; -1 = none. */
  readonly committedThrough: number;
  /** Of a data stream's own slots: where the metadata log had got to in the bucket when the slot was frozen (rule 09). */
  readonly metadataThrough?: MetadataMark;
  readonly part: SlotPart;
}

/** Everything up to this slot of the metadata log is in the bucket. */
export interface MetadataMark {
  readonly epoch: number;
  readonly slot: number;
}

export type SlotPart =
  | ({ readonly kind: 'claim' } & ClaimPart)
  | { readonly kind: 'data' }
  | ({ readonly kind: 'seal' } & SealPart)
  | ({ readonly kind: 'lost' } & LostPart);

export interface ClaimPart {
  /** W: slot n+W is not sent before slot n is committed. */
  readonly window: number;
  /** host:port */
  readonly address: string;
  readonly installation: string;
  /** 0 = the stream has no heartbeats. */
  readonly heartbeatMs: number;
}

export interface SealPart {
  /** Who sealed. */
  readonly sealedBy: number;
  /** The metadata epoch in which it acted; 0 = a writer that ended its own stream. */
  readonly metadataEpoch: number;
  readonly clean: boolean;
}

export interface LostPart {
  readonly reason: string;
  readonly markedBy: number;
  readonly metadataEpoch: number;
}

/** What a data slot holds. */
export type SlotContent =
  | { readonly kind: 'batches'; readonly batches: readonly BatchBytes[]; readonly closes: readonly CloseMeta[] }
  /** `body`: one encoded chronik.meta.MetadataEvents. */
  | { readonly kind: 'events'; readonly body: Buffer; readonly count: number }
  | { readonly kind: 'heartbeat' };

/** A slot and its hash: what a checkpoint stores, so that the first link after it can be verified (rule 19). */
export interface SlotRef {
  readonly slot: number;
  readonly hash: Buffer;
}

/** A stream that has ended: the seal lies at `sealedAt`, `last` is the slot before it. */
export interface SealedStream {
  readonly sealedAt: number;
  readonly last: SlotRef;
}

/** A slot as a reader gets it, verified. */
export interface ReadSlot {
  readonly slot: number;
  readonly kind: SlotKind;
  readonly hash: Buffer;
  readonly header: SlotHeader;
  /** Batches in the order of the body, then closes. */
  readonly entries: readonly FooterEntry[];
  /** Events in the body of a metadata slot. */
  readonly eventCount: number;
  /** Size of the whole object. */
  readonly sizeBytes: number;
  /** Only if the whole slot was asked for; its checksum was verified. */
  readonly body?: Buffer;
}

/** Slots that a walk hands out: the seal ends it and is not among them. */
export interface WalkedSlot extends ReadSlot {
  readonly kind: 'claim' | 'data' | 'lost';
}
