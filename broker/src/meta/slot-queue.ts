import { applyEvent } from './apply/apply.ts';
import { encodeEvents } from './event-codec.ts';
import type { MetadataEvent } from './event.ts';
import type { FrozenImage } from './frozen-image.ts';
import { ImageDraft } from './image-draft.ts';
import type { MetadataImage } from './image.ts';

/** A slot is closed to further appends once it holds so much; a single append may be larger and has a slot of its own. */
const TARGET_BYTES = 4 * 1024 * 1024;

/** Appends that share a slot: they are committed together or not at all. */
export class SlotBatch {
  readonly events: MetadataEvent[] = [];
  readonly bodies: Buffer[] = [];
  sizeBytes = 0;
  /** So many of `events`, from the first, were shown to readers before the slot is in the bucket (upload interval). */
  exposedCount = 0;
  /** Appends whose events readers see only once the slot is committed; they come after the exposed ones. */
  hiddenAppends = 0;
  readonly #base: FrozenImage;
  readonly #committed = Promise.withResolvers<FrozenImage>();
  #draft: ImageDraft;

  constructor(base: FrozenImage) {
    this.#base = base;
    this.#draft = new ImageDraft(base);
    // Whoever appended holds the promise; a batch that nobody waits for may fail without being an unhandled rejection.
    this.#committed.promise.catch(() => undefined);
  }

  /** Settles with the slot: the image after it, or why it will never be. */
  get committed(): Promise<FrozenImage> {
    return this.#committed.promise;
  }

  /** State with everything appended so far; it grows with the next append. */
  get future(): MetadataImage {
    return this.#draft;
  }

  /** Throws EventConflictError and takes none of the events if one of them contradicts the state. */
  add(events: readonly MetadataEvent[], body: Buffer): void {
    try {
      for (const event of events) applyEvent(this.#draft, event);
    } catch (error) {
      this.#draft = new ImageDraft(this.#base);
      for (const event of this.events) applyEvent(this.#draft, event);
      throw error;
    }
    for (const event of events) this.events.push(event);
    this.bodies.push(body);
    this.sizeBytes += body.length;
  }

  /** The state so far as an image of its own; the batch may grow on. */
  freeze(): FrozenImage {
    const image = this.#draft.freeze(this.#base.position);
    this.#draft = new ImageDraft(image);
    return image;
  }

  resolve(image: FrozenImage): void {
    this.#committed.resolve(image);
  }

  reject(error: Error): void {
    this.#committed.reject(error);
  }
}

/** Events that wait for their slot, in order, each batch a slot. The last batch takes what comes next. */
export class SlotQueue {
  #batches: SlotBatch[];

  constructor(base: FrozenImage) {
    this.#batches = [new SlotBatch(base)];
  }

  get isEmpty(): boolean {
    return this.#batches[0]?.events.length === 0;
  }

  /** State with everything that was ever added: what the next events must fit. Only valid until the next add. */
  get future(): MetadataImage {
    return this.#last().future;
  }

  /** Adds the events of one append, all to one slot. Throws EventConflictError without having changed anything. */
  add(events: readonly MetadataEvent[]): SlotBatch {
    const body = encodeEvents(events);
    const last = this.#last();
    const full = last.events.length > 0 && last.sizeBytes + body.length > TARGET_BYTES;
    const batch = full ? new SlotBatch(last.freeze()) : last;
    batch.add(events, body);
    if (full) this.#batches.push(batch);
    return batch;
  }

  /** The batch that is to be the next slot; undefined if nothing waits. */
  take(): { readonly batch: SlotBatch; readonly image: FrozenImage } | undefined {
    const batch = this.#batches[0];
    if (batch === undefined || batch.events.length === 0) return undefined;
    const image = batch.freeze();
    this.#batches.shift();
    if (this.#batches.length === 0) this.#batches.push(new SlotBatch(image));
    return { batch, image };
  }

  /** The batch that what was added last waits in; undefined if nothing waits. */
  newest(): SlotBatch | undefined {
    return this.isEmpty ? undefined : this.#last();
  }

  /** Fails everything that waits. */
  reject(error: Error): void {
    for (const batch of this.#batches) batch.reject(error);
  }

  #last(): SlotBatch {
    return this.#batches.at(-1)!;
  }
}
