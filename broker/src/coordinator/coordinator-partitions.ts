import { ChronikError, InvariantError, hasCode, invariant } from '../edge/index.ts';
import { ZERO_UUID } from '../kafka/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import { CoordinatorShard } from './coordinator-shard.ts';
import type { ShardSetting } from './coordinator-shard.ts';
import { loadShard } from './load-shard.ts';
import { partitionFor } from './partition-for.ts';

/** Where the coordinator of a partition of `__consumer_offsets` is in its life. */
export type PartitionPhase = 'not-loaded' | 'loading' | 'loaded' | 'failed';

type Phase =
  | { readonly kind: 'loading'; readonly shard: CoordinatorShard; readonly topicsDeletedMeanwhile: Set<string> }
  | { readonly kind: 'loaded'; readonly shard: CoordinatorShard }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Why a group cannot be served here and now. */
export type Unavailable = 'COORDINATOR_LOAD_IN_PROGRESS' | 'NOT_COORDINATOR';

/** Outcome of asking for proof that we still own the stream (rule 18). `unsure`: the store could not be asked. */
export type Proof = 'open' | 'fenced' | 'unsure';

/** The partitions of `__consumer_offsets` that this broker leads. */
export class CoordinatorPartitions {
  readonly setting: ShardSetting;
  readonly #phases = new Map<number, Phase>();

  constructor(setting: ShardSetting) {
    this.setting = setting;
  }

  phaseOf(partition: number): PartitionPhase {
    return this.#phases.get(partition)?.kind ?? 'not-loaded';
  }

  /** The shard that a group belongs to, when it is loaded. */
  locate(groupId: string): CoordinatorShard | Unavailable {
    const phase = this.#phases.get(partitionFor(groupId, this.setting.port.partitionCount));
    if (phase?.kind === 'loaded') return phase.shard;
    return phase?.kind === 'loading' ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NOT_COORDINATOR';
  }

  get isAnyLoading(): boolean {
    return [...this.#phases.values()].some(({ kind }) => kind === 'loading');
  }

  /** All loaded groups. */
  *groups(): Generator<ClassicGroup> {
    for (const shard of this.loadedShards()) yield* shard.groups.values();
  }

  *loadedShards(): Generator<CoordinatorShard> {
    for (const phase of this.#phases.values()) if (phase.kind === 'loaded') yield phase.shard;
  }

  async load(partition: number): Promise<void> {
    const known = this.phaseOf(partition);
    invariant(known !== 'loading' && known !== 'loaded', 'A coordinator partition is loaded twice.', {
      partition,
      known,
    });
    const shard = new CoordinatorShard(partition, this.setting, (error) => this.#fail(partition, shard, error));
    const topicsDeletedMeanwhile = new Set<string>();
    this.#phases.set(partition, { kind: 'loading', shard, topicsDeletedMeanwhile });
    try {
      const { records, skipped } = await loadShard(shard, this.setting.port);
      if (shard.ended) return;
      this.setting.logger.debug('Coordinator loaded', { partition, records, skipped, groups: shard.groups.size });
    } catch (error) {
      this.#fail(partition, shard, error);
      throw error;
    }
    this.#phases.set(partition, { kind: 'loaded', shard });
    shard.start();
    await shard.removeOffsetsWhere(({ topic }) => topicsDeletedMeanwhile.has(topic));
  }

  unload(partition: number): void {
    const phase = this.#phases.get(partition);
    this.#phases.delete(partition);
    if (phase !== undefined && phase.kind !== 'failed') phase.shard.end();
  }

  unloadAll(): void {
    for (const partition of this.#phases.keys()) this.unload(partition);
  }

  /** Removes the offsets of deleted topics; partitions that are loading do it at their end. */
  async topicsDeleted(topics: ReadonlySet<string>): Promise<void> {
    const removals: Promise<boolean>[] = [];
    for (const phase of this.#phases.values()) {
      if (phase.kind === 'loading') for (const topic of topics) phase.topicsDeletedMeanwhile.add(topic);
      if (phase.kind === 'loaded') removals.push(phase.shard.removeOffsetsWhere(({ topic }) => topics.has(topic)));
    }
    await Promise.all(removals);
  }

  async retainTopics(partition: number, currentIdOf: (topic: string) => string | undefined): Promise<void> {
    const phase = this.#phases.get(partition);
    if (phase?.kind !== 'loaded') return;
    await phase.shard.removeOffsetsWhere(({ topic }, storedId) => {
      // Not in the bucket yet: its topic was there just now.
      if (storedId === undefined) return false;
      const currentId = currentIdOf(topic);
      return currentId === undefined || (storedId !== ZERO_UUID && storedId !== currentId);
    });
  }

  async prove(): Promise<Proof> {
    const { port, logger } = this.setting;
    try {
      await port.proveOpen();
      return 'open';
    } catch (error) {
      if (!(error instanceof ChronikError) || error instanceof InvariantError) throw error;
      if (!hasCode(error, 'FENCED')) {
        logger.warn('No proof that the stream is open', { code: error.code });
        return 'unsure';
      }
      for (const shard of this.loadedShards()) this.#fail(shard.partition, shard, error);
      return 'fenced';
    }
  }

  #fail(partition: number, shard: CoordinatorShard, error: unknown): void {
    const phase = this.#phases.get(partition);
    shard.end();
    if (phase === undefined || phase.kind === 'failed' || phase.shard !== shard) return;
    this.#phases.set(partition, { kind: 'failed', error });
    const code = error instanceof ChronikError ? error.code : 'UNKNOWN';
    this.setting.logger.warn('Coordinator partition given up', { partition, code });
  }
}
