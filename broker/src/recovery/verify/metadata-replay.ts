import { hasCode } from '../../edge/index.ts';
import { slotKey } from '../../log/index.ts';
import type { LogContext, StreamId, WalkedSlot } from '../../log/index.ts';
import { Replay, encodeState } from '../../meta/index.ts';
import type { DecodedSnapshot, FrozenImage, MetadataImage, MetadataPosition, TimelineBase } from '../../meta/index.ts';
import type { ListedSnapshot } from './inventory.ts';
import type { Problems } from './problem.ts';
import type { SnapshotCheck } from './snapshot-check.ts';

/**
 * Replays the whole metadata log, and holds each snapshot against the state that the log leads to at its position. Behind
 * damage the next snapshot that is intact gives the state back.
 */
export class MetadataReplay {
  readonly #context: LogContext;
  readonly #snapshots: SnapshotCheck;
  readonly #problems: Problems;
  /** Not yet reached, oldest state first. */
  readonly #ahead: ListedSnapshot[];
  #replay: Replay;
  /** False since something that the log said could not be read. */
  #isComplete = true;
  #lastHash: Buffer | undefined;

  constructor(
    context: LogContext,
    base: TimelineBase,
    listed: readonly ListedSnapshot[],
    snapshots: SnapshotCheck,
    problems: Problems,
  ) {
    this.#context = context;
    this.#snapshots = snapshots;
    this.#problems = problems;
    this.#ahead = [...listed];
    this.#replay = this.#replayFrom(base.image, base.stamp);
  }

  /** Something before the next slot is missing. */
  interrupt(): void {
    this.#isComplete = false;
    this.#lastHash = undefined;
  }

  async take(stream: StreamId, walked: WalkedSlot): Promise<void> {
    const position = { epoch: stream.epoch, slot: walked.slot };
    await this.#passSnapshotsBefore(position);
    if (walked.kind === 'lost') this.#isComplete = false;
    this.#apply(stream, walked);
    this.#lastHash = walked.hash;
    while (isAt(this.#ahead[0], position)) await this.#compare(this.#ahead.shift()!);
  }

  /** The newest state, and whether it is all that the log ever said. */
  async finish(): Promise<{ readonly image: MetadataImage; readonly isComplete: boolean }> {
    await this.#passSnapshotsBefore({ epoch: Number.POSITIVE_INFINITY, slot: 0 });
    return { image: this.#replay.finish(), isComplete: this.#isComplete };
  }

  #apply(stream: StreamId, walked: WalkedSlot): void {
    try {
      this.#replay.take(stream, walked);
    } catch (error) {
      const isConflict = hasCode(error, 'METADATA_EVENT_CONFLICT');
      if (!isConflict && !hasCode(error, 'METADATA_CORRUPT')) throw error;
      // Behind a gap an event may well contradict the state: that is no news.
      if (this.#isComplete) this.#problems.add('mismatch', slotKey(stream, walked.slot), (error as Error).message);
      this.#isComplete = false;
    }
  }

  /** Snapshots of slots that were not met: those slots are reported by whoever missed them. */
  async #passSnapshotsBefore(position: MetadataPosition): Promise<void> {
    while (isBefore(this.#ahead[0], position)) {
      const snapshot = await this.#snapshots.load(this.#ahead.shift()!);
      if (snapshot !== undefined && !this.#isComplete) this.#goOnFrom(snapshot);
    }
  }

  async #compare(listed: ListedSnapshot): Promise<void> {
    const snapshot = await this.#snapshots.load(listed);
    if (snapshot === undefined) return;
    if (this.#lastHash !== undefined && !snapshot.slotHash.equals(this.#lastHash)) {
      this.#problems.add('chain-break', listed.key, 'it was taken after another slot than the one that is there');
    }
    if (!this.#isComplete) {
      this.#goOnFrom(snapshot);
      return;
    }
    const state = this.#replay.finish();
    if (!encodeState(state).equals(encodeState(snapshot.image))) {
      this.#problems.add('mismatch', listed.key, 'its state is not the one that the log leads to');
    }
    this.#replay = this.#replayFrom(state, snapshot);
  }

  #goOnFrom(snapshot: DecodedSnapshot): void {
    this.#replay = this.#replayFrom(snapshot.image, snapshot);
    this.#isComplete = true;
  }

  #replayFrom(base: FrozenImage, stamp: Pick<DecodedSnapshot, 'slotHash' | 'hlc'>): Replay {
    return new Replay(this.#context, base, stamp, () => undefined);
  }
}

function isAt(listed: ListedSnapshot | undefined, { epoch, slot }: MetadataPosition): boolean {
  return listed?.position.epoch === epoch && listed.position.slot === slot;
}

function isBefore(listed: ListedSnapshot | undefined, { epoch, slot }: MetadataPosition): boolean {
  if (listed === undefined) return false;
  const { position } = listed;
  return position.epoch < epoch || (position.epoch === epoch && position.slot < slot);
}
