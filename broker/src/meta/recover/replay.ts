import { compareHlc, slotKey } from '../../log/index.ts';
import type { LogContext, SlotRef, StreamId, WalkedSlot } from '../../log/index.ts';
import { applyAfterLoss } from '../apply/after-loss.ts';
import { applyEvent } from '../apply/apply.ts';
import { EventConflictError, MetadataCorruptError } from '../errors.ts';
import { decodeEvents } from '../event-codec.ts';
import type { MetadataEvent } from '../event.ts';
import type { FrozenImage } from '../frozen-image.ts';
import { ImageDraft } from '../image-draft.ts';
import type { MetadataPosition } from '../image.ts';
import type { LogGrowth, SlotStamp } from '../snapshot/snapshot-keeper.ts';

export interface MetadataProgress {
  /** The epoch that is being read. */
  readonly epoch: number;
  /** Slots and events read so far, over all epochs. */
  readonly slots: number;
  readonly events: number;
}

/** Applies the slots of the metadata log to the state of a snapshot, or to none, in the order of the log. */
export class Replay {
  readonly #context: LogContext;
  #draft: ImageDraft;
  readonly #onProgress: (progress: MetadataProgress) => void;
  readonly #lostSlots: MetadataPosition[] = [];
  readonly #dropped: string[] = [];
  #position: MetadataPosition;
  #stamp: SlotStamp;
  #growth: LogGrowth = { events: 0, slots: 0, bytes: 0 };

  constructor(
    context: LogContext,
    base: FrozenImage,
    stamp: SlotStamp,
    onProgress: (progress: MetadataProgress) => void,
  ) {
    this.#context = context;
    this.#draft = new ImageDraft(base);
    this.#position = base.position;
    this.#stamp = stamp;
    this.#onProgress = onProgress;
  }

  /** What was read beyond the snapshot. */
  get growth(): LogGrowth {
    return this.#growth;
  }

  get stamp(): SlotStamp {
    return this.#stamp;
  }

  /** Slots that were marked lost: their events are in no copy. */
  get lostSlots(): readonly MetadataPosition[] {
    return this.#lostSlots;
  }

  /** What of later events did not fit any more, because of what the lost slots held. */
  get dropped(): readonly string[] {
    return this.#dropped;
  }

  /** Where the walk of an epoch goes on; undefined = at its claim. */
  after(epoch: number): SlotRef | undefined {
    if (epoch !== this.#position.epoch) return undefined;
    return { slot: this.#position.slot, hash: this.#stamp.slotHash };
  }

  /** Takes the next slot, read whole, and answers its events. Throws MetadataCorruptError, MetadataFormatError or EventConflictError. */
  take(stream: StreamId, walked: WalkedSlot): readonly MetadataEvent[] {
    const { slot, hash, header } = walked;
    const hlc = compareHlc(header.lastHlc, this.#stamp.hlc) > 0 ? header.lastHlc : this.#stamp.hlc;
    this.#position = { epoch: stream.epoch, slot };
    this.#stamp = { slotHash: hash, hlc };
    if (walked.kind === 'lost') this.#lostSlots.push(this.#position);
    const events = eventsOf(walked, slotKey(stream, slot));
    for (const event of events) this.#apply(event, slotKey(stream, slot));
    this.#growth = {
      events: this.#growth.events + events.length,
      slots: this.#growth.slots + 1,
      bytes: this.#growth.bytes + (walked.body?.length ?? 0),
    };
    this.#onProgress({ epoch: stream.epoch, slots: this.#growth.slots, events: this.#growth.events });
    return events;
  }

  /** The state after the last slot taken. */
  finish(): FrozenImage {
    const { slots, events } = this.#growth;
    this.#context.logger.info('metadata recovery: replayed the log', { ...this.#position, slots, events });
    return this.#draft.freeze(this.#position);
  }

  #apply(event: MetadataEvent, key: string): void {
    if (this.#lostSlots.length > 0) {
      const { draft, dropped } = applyAfterLoss(this.#draft, event);
      this.#draft = draft;
      if (dropped !== undefined) this.#dropped.push(`${key}: ${dropped}`);
      return;
    }
    try {
      applyEvent(this.#draft, event);
    } catch (error) {
      if (!(error instanceof EventConflictError)) throw error;
      throw new EventConflictError(`${key}: ${error.message}`, { ...error.details, key });
    }
  }
}

function eventsOf(walked: WalkedSlot, key: string): readonly MetadataEvent[] {
  if (walked.kind !== 'data' || walked.eventCount === 0) return [];
  if (walked.body === undefined) throw new MetadataCorruptError(`${key} was read without its body`);
  const events = decodeEvents(walked.body, key);
  if (events.length !== walked.eventCount) {
    throw new MetadataCorruptError(`${key} holds ${events.length} events; its footer says ${walked.eventCount}`);
  }
  return events;
}
