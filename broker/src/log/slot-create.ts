import type { LogContext } from './context.ts';
import type { Hlc } from './hlc.ts';
import type { MetadataMark, SlotContent, SlotKind, SlotPart } from './slot.ts';
import { encodeSlot, peekKind } from './slot-codec.ts';
import type { EncodedSlot } from './slot-codec.ts';
import { TAIL_BYTES } from './slot-reader.ts';
import { peekSlotHash } from './slot-trailer.ts';
import { slotKey } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';

const WRITE_ID_BYTES = 16;

/** A slot about to be frozen. */
export interface SlotDraft {
  readonly slot: number;
  readonly part: SlotPart;
  readonly previousHash: Buffer | undefined;
  /** -1 = none. */
  readonly committedThrough: number;
  readonly metadataThrough?: MetadataMark;
  readonly firstHlc: Hlc;
  readonly lastHlc: Hlc;
  /** Of a data slot. */
  readonly content?: SlotContent;
}

/** A slot whose number and bytes are settled: it may be sent any number of times (rule 11). */
export interface FrozenSlot extends EncodedSlot {
  readonly stream: StreamId;
  readonly slot: number;
}

/** Gives the draft a fresh write id and its bytes. */
export function freezeSlot(context: LogContext, stream: StreamId, draft: SlotDraft): FrozenSlot {
  const { content, ...rest } = draft;
  const writeId = context.random.bytes(WRITE_ID_BYTES);
  const { log, timeline, epoch } = stream;
  // A metadata stream's id may name no broker: its slots say who wrote them.
  const broker = log === 'metadata' ? context.broker : stream.broker;
  const header = { ...rest, log, lineage: context.lineage, timeline, broker, epoch, writeId };
  return { ...encodeSlot(header, content), stream, slot: draft.slot };
}

export type CreatedSlot =
  /** It is there with exactly these bytes, by this call or by an earlier attempt of it. */
  | { readonly outcome: 'ours' }
  /** Something else has the name; `kind` is undefined if it is not a readable slot. */
  | { readonly outcome: 'theirs'; readonly kind: SlotKind | undefined }
  /** What has the name is damaged, however often it is read: nobody can tell whose it was. */
  | { readonly outcome: 'damaged' }
  /** The name was taken, and then nothing was there (rule 22). */
  | { readonly outcome: 'vanished' };

/** Creates the slot's object, settling unclear answers by reading it back; waits out every trouble of the store. */
export async function createSlot(context: LogContext, frozen: FrozenSlot, signal?: AbortSignal): Promise<CreatedSlot> {
  const key = slotKey(frozen.stream, frozen.slot);
  const answer = await context.store.createResolved({
    key,
    body: frozen.parts,
    tailBytes: TAIL_BYTES,
    // The slot hash covers the write id, so equal hashes are rule 11's "same write id and same hash".
    recognise: (existing) => recognise(existing, frozen.hash),
    ...(signal === undefined ? {} : { signal }),
  });
  switch (answer.outcome) {
    case 'created':
      return { outcome: 'ours' };
    case 'exists':
      if (peekSlotHash(answer.existing) === undefined) return { outcome: 'damaged' };
      return { outcome: 'theirs', kind: peekKind(key, answer.existing) };
    case 'vanished':
      return { outcome: 'vanished' };
  }
}

function recognise(existing: Buffer, hash: Buffer): 'ours' | 'other' | 'unreadable' {
  const found = peekSlotHash(existing);
  if (found === undefined) return 'unreadable';
  return found.equals(hash) ? 'ours' : 'other';
}
