import { ChronikError } from '../edge/index.ts';
import type { Timer } from '../edge/index.ts';
import type { LogContext, SealedStream, SlotWriter } from '../log/index.ts';
import { TimelineEndedError } from './errors.ts';
import { mayWait } from './event.ts';
import type { MetadataEvent } from './event.ts';
import type { FrozenImage } from './frozen-image.ts';
import type { MetadataImage, MetadataPosition } from './image.ts';
import { SlotQueue } from './slot-queue.ts';
import type { SlotBatch } from './slot-queue.ts';
import type { SnapshotKeeper } from './snapshot/snapshot-keeper.ts';
import type { UploadStats } from './upload-stats.ts';

export interface MetadataLogOptions {
  /** A slot at least so often, so that others see that somebody leads (rules 12, 20); 10 s with one broker. */
  readonly heartbeatMs: number;
  /** CHRONIK_METADATA_UPLOAD_INTERVAL in milliseconds; 0 = every change is in the bucket before it is answered. */
  readonly uploadIntervalMs: number;
}

/** Where an opened log begins. */
export interface MetadataLogStart {
  /** State after the last slot of all epochs below the writer's. */
  readonly image: FrozenImage;
  /** Written together with whatever is appended first. */
  readonly firstEvents: readonly MetadataEvent[];
  readonly snapshots: SnapshotKeeper;
  readonly stats: UploadStats;
}

export interface MetadataUpdate<T> {
  /** May be empty: nothing is to be changed. */
  readonly events: readonly MetadataEvent[];
  /** What to answer once the events are committed. */
  readonly result: T;
}

export type ImageListener = (image: MetadataImage, events: readonly MetadataEvent[]) => void;

/**
 * The controller's side of the metadata log. One slot is in flight; what is appended meanwhile waits and shares the next
 * one. New events are checked against a future state that holds everything appended before them, so two appends that
 * exclude each other cannot both succeed; readers see a state once its slot is committed.
 *
 *     append ──▶ queue (future state) ──▶ slot in flight ──commit──▶ image, listeners, answers
 */
export class MetadataLog {
  readonly stats: UploadStats;
  readonly #context: LogContext;
  readonly #writer: SlotWriter;
  readonly #options: MetadataLogOptions;
  readonly #snapshots: SnapshotKeeper;
  readonly #queue: SlotQueue;
  readonly #listeners = new Set<ImageListener>();
  readonly #ended = new AbortController();
  /** What readers see. */
  #image: FrozenImage;
  /** What is in the bucket. */
  #committedImage: FrozenImage;
  #inFlight: SlotBatch | undefined;
  #pumping: Promise<void> | undefined;
  #flushWanted = false;
  #heartbeatDue = false;
  #closing = false;
  /** Appends whose events readers have not seen, and events that they see although no slot holds them. */
  #hiddenAppends = 0;
  #exposedEvents = 0;
  #heartbeatTimer: Timer | undefined;
  #intervalTimer: Timer | undefined;

  constructor(context: LogContext, writer: SlotWriter, start: MetadataLogStart, options: MetadataLogOptions) {
    this.#context = { ...context, logger: context.logger.child('Metadata Uploader') };
    this.#writer = writer;
    this.#options = options;
    this.#snapshots = start.snapshots;
    this.#image = start.image;
    this.#committedImage = start.image;
    this.#queue = new SlotQueue(start.image);
    this.stats = start.stats;
    if (start.firstEvents.length > 0) {
      this.#hide(this.#queue.add(start.firstEvents));
    }
    writer.fenced.addEventListener('abort', () => this.#end(writer.fenced.reason as Error), { once: true });
    this.#scheduleHeartbeat();
    this.#announce();
  }

  /** The state as readers may act on it. With an upload interval it may hold events that `position` does not cover yet. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** The metadata epoch that this log holds. */
  get epoch(): number {
    return this.#writer.stream.epoch;
  }

  /** Everything up to this position is in the bucket. */
  get durableThrough(): MetadataPosition {
    return { epoch: this.epoch, slot: this.#writer.committedThrough };
  }

  /** Whether all that `image` shows is in the bucket (rule 09). Always true without an upload interval. */
  get isDurable(): boolean {
    return this.#exposedEvents === 0;
  }

  /** Aborts when the log can take nothing any more; the reason is the FencedError, or the store's last word. */
  get fenced(): AbortSignal {
    return this.#ended.signal;
  }

  /** Called after the image has changed, in the order of the log, with the events since the last call. */
  onChange(listener: ImageListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Appends the events, all in one slot; resolves with the image after it. Rejects with EventConflictError (nothing was
   * appended), FencedError, METADATA_LOG_CLOSED or TIMELINE_ENDED.
   */
  async append(events: readonly MetadataEvent[]): Promise<MetadataImage> {
    const { image } = await this.update(() => ({ events, result: undefined }));
    return image;
  }

  /**
   * Appends what `build` makes of the state as it will be once all earlier appends are committed. `build` runs at once
   * and must not keep the image it is given. Resolves when its events, and all that it saw, are committed (with an
   * upload interval: applied); errors thrown by `build` reject.
   */
  async update<T>(
    build: (image: MetadataImage) => MetadataUpdate<T>,
  ): Promise<{ readonly image: MetadataImage; readonly result: T }> {
    this.#refuseIfOver();
    const { events, result } = build(this.#queue.future);
    if (events.length === 0) return { image: await this.#afterAllAppended(), result };
    this.#refuseAfterTimeline();
    const batch = this.#queue.add(events);
    if (this.#mayExpose(events)) {
      this.#expose(batch, events);
      return { image: this.#image, result };
    }
    this.#hide(batch);
    this.#flush();
    return { image: await batch.committed, result };
  }

  /**
   * Resolves when all that `image` shows now is in the bucket; sends it there at once. A data slot is acknowledged after
   * this (rule 09). Rejects with FencedError.
   */
  async whenDurable(): Promise<void> {
    this.#ended.signal.throwIfAborted();
    if (this.isDurable) return;
    this.#flush();
    await (this.#queue.newest() ?? this.#inFlight)?.committed;
  }

  /** Proof, begun after the call, that this is still the controller's epoch (rule 18). Rejects with FencedError. */
  proveOpen(): Promise<void> {
    return this.#writer.proveOpen();
  }

  /** Writes and verifies a snapshot of what is committed. Rejects if it could not be verified. */
  async snapshot(): Promise<void> {
    await this.#drain();
    await this.#snapshots.take();
  }

  /**
   * Ends the log in good order: what was appended is committed, a snapshot is written and verified, the epoch sealed. A
   * snapshot that fails is said in the log and keeps nothing from being sealed: the slots hold everything.
   */
  async close(): Promise<SealedStream> {
    this.#refuseIfOver();
    this.#closing = true;
    this.#intervalTimer?.cancel();
    this.#heartbeatTimer?.cancel();
    await this.#drain();
    await this.#snapshots.take().catch((error: unknown) => {
      this.#context.logger.error('no snapshot at the end; the next start replays more slots', { error: String(error) });
    });
    this.stats.runComplete();
    return this.#writer.seal();
  }

  #refuseIfOver(): void {
    this.#ended.signal.throwIfAborted();
    if (this.#closing) {
      throw new ChronikError('METADATA_LOG_CLOSED', 'the metadata log is being closed', {
        remedy: 'Send the request to the broker again once it, or another, is up.',
      });
    }
  }

  #refuseAfterTimeline(): void {
    const { timelineEnd, timeline } = this.#queue.future;
    if (timelineEnd !== undefined) throw new TimelineEndedError(timeline, timelineEnd.child);
  }

  /** Whether readers may see the events before they are in the bucket. Never ahead of earlier ones that must wait. */
  #mayExpose(events: readonly MetadataEvent[]): boolean {
    return this.#options.uploadIntervalMs > 0 && this.#hiddenAppends === 0 && events.every(mayWait);
  }

  #hide(batch: SlotBatch): void {
    batch.hiddenAppends += 1;
    this.#hiddenAppends += 1;
  }

  #expose(batch: SlotBatch, events: readonly MetadataEvent[]): void {
    batch.exposedCount = batch.events.length;
    this.#exposedEvents += events.length;
    this.#intervalTimer ??= this.#context.clock.setTimer(this.#options.uploadIntervalMs, () => this.#flush());
    this.#publish(batch.freeze(), events);
  }

  #publish(image: FrozenImage, events: readonly MetadataEvent[]): void {
    this.#image = image;
    if (events.length > 0) for (const listener of this.#listeners) listener(image, events);
  }

  async #afterAllAppended(): Promise<MetadataImage> {
    const batch = this.#hiddenAppends === 0 ? undefined : (this.#queue.newest() ?? this.#inFlight);
    if (batch === undefined) return this.#image;
    this.#flush();
    return batch.committed;
  }

  #flush(): void {
    this.#flushWanted = true;
    this.#pumping ??= this.#pump();
  }

  /** Everything appended so far, and the slot in flight, is settled when this resolves. */
  async #drain(): Promise<void> {
    if (!this.#queue.isEmpty) this.#flush();
    await this.#pumping;
    this.#ended.signal.throwIfAborted();
  }

  /** The only place that writes slots. Never rejects: a failure ends the log. */
  async #pump(): Promise<void> {
    // What is appended in the same turn shares the slot.
    await Promise.resolve();
    try {
      while ((this.#flushWanted && !this.#queue.isEmpty) || this.#heartbeatDue) await this.#sendNext();
    } catch (error) {
      this.#end(error as Error);
    }
    this.#flushWanted = false;
    this.#pumping = undefined;
  }

  async #sendNext(): Promise<void> {
    this.#ended.signal.throwIfAborted();
    const taken = this.#queue.take();
    this.#inFlight = taken?.batch;
    this.#heartbeatDue = false;
    if (this.#queue.isEmpty) this.#intervalSettled();
    const events = taken?.batch.events ?? [];
    const body = Buffer.concat(taken?.batch.bodies ?? []);
    const { epoch } = this;
    const slot = this.#writer.nextSlot;
    const written = this.#writer.append(
      taken === undefined ? { kind: 'heartbeat' } : { kind: 'events', body, count: events.length },
    );
    // The slot is frozen now: its hash is the writer's last, and no event in it is later than this.
    const ref = { slotHash: this.#writer.lastHash, hlc: this.#context.hlc.now() };
    await written;
    this.#inFlight = undefined;
    this.#committedImage = (taken?.image ?? this.#committedImage).at({ epoch, slot });
    this.stats.slotUploaded({ epoch, slot, events: events.length, bytes: body.length });
    this.#snapshots.committed(this.#committedImage, ref, events.length, body);
    this.#showCommitted(taken?.batch);
    this.#scheduleHeartbeat();
  }

  #showCommitted(batch: SlotBatch | undefined): void {
    const hidden = batch?.events.slice(batch.exposedCount) ?? [];
    this.#exposedEvents -= batch?.exposedCount ?? 0;
    this.#hiddenAppends -= batch?.hiddenAppends ?? 0;
    // Readers may be ahead of the bucket already; they are never taken back.
    if (hidden.length > 0 || this.isDurable) this.#publish(this.#committedImage, hidden);
    batch?.resolve(this.#committedImage);
  }

  #intervalSettled(): void {
    this.#flushWanted = false;
    this.#intervalTimer?.cancel();
    this.#intervalTimer = undefined;
  }

  #scheduleHeartbeat(): void {
    this.#heartbeatTimer?.cancel();
    if (this.#closing) return;
    this.#heartbeatTimer = this.#context.clock.setTimer(this.#options.heartbeatMs, () => {
      if (this.#ended.signal.aborted || this.#inFlight !== undefined) return;
      this.#heartbeatDue = true;
      this.#pumping ??= this.#pump();
    });
  }

  #end(error: Error): void {
    if (this.#ended.signal.aborted) return;
    this.#heartbeatTimer?.cancel();
    this.#intervalTimer?.cancel();
    this.stats.failed(error);
    this.#inFlight?.reject(error);
    this.#queue.reject(error);
    this.#ended.abort(error);
  }

  #announce(): void {
    const { uploadIntervalMs, heartbeatMs } = this.#options;
    this.#context.logger.info('Metadata Uploader started successfully', { epoch: this.epoch, heartbeatMs });
    if (uploadIntervalMs === 0) return;
    this.#context.logger.warn(
      `CHRONIK_METADATA_UPLOAD_INTERVAL is set: a metadata change may be answered ${uploadIntervalMs / 1000} s before ` +
        'it is in the bucket, and is lost if the disk is lost before that',
    );
  }
}
