import type { Clock, Logger, Random } from '../edge/index.ts';
import type { RequestOf, ResponseOf } from '../kafka/index.ts';
import { answerDeleteGroups, answerDescribeGroups, answerListGroups } from './admin-requests.ts';
import type { GroupRequestContext } from './context.ts';
import { CoordinatorPartitions } from './coordinator-partitions.ts';
import type { PartitionPhase } from './coordinator-partitions.ts';
import { answerHeartbeat, answerJoinGroup, answerLeaveGroup, answerSyncGroup } from './group-requests.ts';
import { answerOffsetFetch } from './offset-fetch.ts';
import { answerOffsetCommit, answerOffsetDelete } from './offset-requests.ts';
import { defaultCoordinatorOptions } from './options.ts';
import type { CoordinatorOptions } from './options.ts';
import { partitionFor } from './partition-for.ts';
import type { OffsetsPort } from './ports.ts';

export interface GroupCoordinatorSetting {
  readonly port: OffsetsPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Kafka's defaults for what is left out. */
  readonly options?: Partial<CoordinatorOptions>;
}

/**
 * The classic group protocol and the store of committed offsets, for the partitions of `__consumer_offsets` that this
 * broker leads. Requests and responses are decoded messages; authorization, throttling and the lookup of topic ids are
 * the caller's. Every failure is an error code in the response; only broken promises of the program reject.
 */
export class GroupCoordinator {
  readonly #partitions: CoordinatorPartitions;
  readonly #partitionCount: number;

  constructor({ port, clock, random, logger, options }: GroupCoordinatorSetting) {
    this.#partitionCount = port.partitionCount;
    this.#partitions = new CoordinatorPartitions({
      port,
      clock,
      random,
      logger: logger.child('coordinator'),
      options: { ...defaultCoordinatorOptions, ...options },
    });
  }

  /** The partition of `__consumer_offsets` that decides where a group lives. */
  partitionFor(groupId: string): number {
    return partitionFor(groupId, this.#partitionCount);
  }

  /**
   * Begins to serve a partition that this broker leads now; resolves when its groups are loaded. To be called again only
   * after `unload` or a failure. Rejects with OffsetsRecordError, or with what the port's `load` throws.
   */
  load(partition: number): Promise<void> {
    return this.#partitions.load(partition);
  }

  /** Stops serving a partition; whoever waits in it is sent to look for the new coordinator. */
  unload(partition: number): void {
    this.#partitions.unload(partition);
  }

  phaseOf(partition: number): PartitionPhase {
    return this.#partitions.phaseOf(partition);
  }

  /** Stops serving everything. */
  close(): void {
    this.#partitions.unloadAll();
  }

  joinGroup(request: RequestOf<'JoinGroup'>, context: GroupRequestContext): Promise<ResponseOf<'JoinGroup'>> {
    return answerJoinGroup(this.#partitions, request, context);
  }

  syncGroup(request: RequestOf<'SyncGroup'>, context: GroupRequestContext): Promise<ResponseOf<'SyncGroup'>> {
    return answerSyncGroup(this.#partitions, request, context);
  }

  heartbeat(request: RequestOf<'Heartbeat'>): ResponseOf<'Heartbeat'> {
    return answerHeartbeat(this.#partitions, request);
  }

  leaveGroup(request: RequestOf<'LeaveGroup'>, context: GroupRequestContext): Promise<ResponseOf<'LeaveGroup'>> {
    return answerLeaveGroup(this.#partitions, request, context);
  }

  offsetCommit(request: RequestOf<'OffsetCommit'>, context: GroupRequestContext): Promise<ResponseOf<'OffsetCommit'>> {
    return answerOffsetCommit(this.#partitions, request, context);
  }

  offsetFetch(request: RequestOf<'OffsetFetch'>, context: GroupRequestContext): Promise<ResponseOf<'OffsetFetch'>> {
    return answerOffsetFetch(this.#partitions, request, context);
  }

  offsetDelete(request: RequestOf<'OffsetDelete'>): Promise<ResponseOf<'OffsetDelete'>> {
    return answerOffsetDelete(this.#partitions, request);
  }

  describeGroups(
    request: RequestOf<'DescribeGroups'>,
    context: GroupRequestContext,
  ): Promise<ResponseOf<'DescribeGroups'>> {
    return answerDescribeGroups(this.#partitions, request, context);
  }

  listGroups(request: RequestOf<'ListGroups'>): ResponseOf<'ListGroups'> {
    return answerListGroups(this.#partitions, request);
  }

  deleteGroups(request: RequestOf<'DeleteGroups'>): Promise<ResponseOf<'DeleteGroups'>> {
    return answerDeleteGroups(this.#partitions, request);
  }

  /** Topics were deleted (a committed metadata event): no group keeps offsets of them. */
  topicsDeleted(topics: ReadonlySet<string>): Promise<void> {
    return this.#partitions.topicsDeleted(topics);
  }

  /**
   * Removes offsets in a loaded partition that belong to topics which are gone, as after a deletion that nobody was there
   * to hear of. `currentIdOf` names the id of the topic that has the name now, or undefined for none. An offset that is
   * stored without an id (by an old client, or by Kafka) stays as long as there is a topic of its name.
   */
  retainTopics(partition: number, currentIdOf: (topic: string) => string | undefined): Promise<void> {
    return this.#partitions.retainTopics(partition, currentIdOf);
  }
}
