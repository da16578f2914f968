import type { Clock, Logger, Random } from '../edge/index.ts';
import { ClassicGroup } from './classic-group.ts';
import type { GroupEnvironment } from './classic-group.ts';
import { Deadline } from './deadline.ts';
import type { OffsetKey } from './group-offsets.ts';
import { deleteGroup, expiredOffsets, isForgettable, removeOffsets } from './offset-removal.ts';
import type { CoordinatorOptions } from './options.ts';
import type { OffsetsPort, OffsetsRecord } from './ports.ts';

export interface ShardSetting {
  readonly port: OffsetsPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly options: CoordinatorOptions;
}

/**
 * The groups of one partition of `__consumer_offsets`, from one load of it to its end. It ends when the partition is
 * handed over or the broker is fenced; then every waiting request is refused and nothing is applied any more. A later
 * load makes a new shard.
 */
export class CoordinatorShard implements GroupEnvironment {
  readonly partition: number;
  readonly groups = new Map<string, ClassicGroup>();
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly options: CoordinatorOptions;
  readonly #port: OffsetsPort;
  readonly #expiry: Deadline;
  readonly #lost: (error: unknown) => void;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #ended = false;

  /** `lost` is called once, when a write fails. */
  constructor(partition: number, setting: ShardSetting, lost: (error: unknown) => void) {
    this.partition = partition;
    this.#port = setting.port;
    this.clock = setting.clock;
    this.random = setting.random;
    this.logger = setting.logger;
    this.options = setting.options;
    this.#lost = lost;
    this.#expiry = new Deadline(setting.clock, () => void this.#expireOffsets());
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Begins regular expiry; to be called once, when the shard is loaded. */
  start(): void {
    this.#expiry.set(this.options.offsetsRetentionCheckIntervalMs);
  }

  /** Refuses what waits; nothing that is still on its way to the log is applied. */
  end(): void {
    this.#ended = true;
    this.#expiry.clear();
    for (const group of this.groups.values()) group.abandon('NOT_COORDINATOR');
  }

  group(groupId: string): ClassicGroup {
    const known = this.groups.get(groupId);
    if (known !== undefined) return known;
    const group = new ClassicGroup(groupId, this);
    this.groups.set(groupId, group);
    return group;
  }

  /** Drops a group that was made for a request which was then refused. */
  dropIfUnused(group: ClassicGroup): void {
    if (this.groups.get(group.groupId) !== group) return;
    if (group.generationId === 0 && isForgettable(group)) this.groups.delete(group.groupId);
  }

  async write(records: readonly OffsetsRecord[], committed: () => void): Promise<boolean> {
    if (this.#ended) return false;
    const written = this.#apply(this.#lastWrite, this.#port.append(this.partition, records), committed);
    this.#lastWrite = written;
    return written;
  }

  /** Deletes an empty group. */
  delete(group: ClassicGroup): Promise<boolean> {
    return deleteGroup(group, () => this.groups.delete(group.groupId));
  }

  /** Removes every offset that `doomed` names; resolves to false when the partition is lost meanwhile. */
  async removeOffsetsWhere(doomed: (key: OffsetKey, topicId: string | undefined) => boolean): Promise<boolean> {
    const removals: Promise<boolean>[] = [];
    for (const group of this.groups.values()) {
      const keys = [...group.offsets.keys()].filter((key) =>
        doomed(key, group.offsets.get(key.topic, key.partition)?.topicId),
      );
      removals.push(removeOffsets(group, keys));
    }
    return (await Promise.all(removals)).every(Boolean);
  }

  /** Records are applied in the order of the log, whatever order the port's promises settle in. */
  async #apply(before: Promise<unknown>, appended: Promise<void>, committed: () => void): Promise<boolean> {
    try {
      await Promise.all([before, appended]);
    } catch (error) {
      if (!this.#ended) this.#lost(error);
      return false;
    }
    if (this.#ended) return false;
    committed();
    return true;
  }

  async #expireOffsets(): Promise<void> {
    for (const group of this.groups.values()) {
      const expired = expiredOffsets(group);
      if (expired.length > 0) {
        this.logger.info('Committed offsets expired', { groupId: group.groupId, count: expired.length });
        await removeOffsets(group, expired);
      }
      if (!this.#ended && isForgettable(group)) await this.delete(group);
      if (this.#ended) return;
    }
    this.#expiry.set(this.options.offsetsRetentionCheckIntervalMs);
  }
}
