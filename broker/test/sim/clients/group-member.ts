import { ApiKeys, KafkaErrors, isRetriable, kafkaErrorName } from '../../../src/kafka/index.ts';
import type { ApiKey, ApiNameOf, RequestInput, ResponseOf } from '../../../src/kafka/index.ts';
import { Violation } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import type { ClusterClient } from './cluster-client.ts';
import { isBelowStart, skipDeleted, takeFetched } from './consumer.ts';
import { Fetcher } from './fetcher.ts';
import type { Position } from './fetcher.ts';
import { assignRoundRobin, decodeAssignment, encodeAssignment, encodeSubscription } from './group-protocol.ts';
import { commitOffsets, fetchOffsets } from './offsets.ts';
import { NoAnswerError } from './wire-connection.ts';

export interface GroupPlan {
  readonly group: string;
  readonly targets: readonly { readonly topic: string; readonly partition: number }[];
  readonly sessionTimeoutMs: number;
  /** Mean time after which a member leaves (or just disappears) and comes back as a new one. */
  readonly stayMs: number;
}

/** Group errors after which a member joins again, with a new id or its own. */
const REJOIN = new Set<number>([
  KafkaErrors.REBALANCE_IN_PROGRESS,
  KafkaErrors.ILLEGAL_GENERATION,
  KafkaErrors.UNKNOWN_MEMBER_ID,
  KafkaErrors.MEMBER_ID_REQUIRED,
  KafkaErrors.FENCED_INSTANCE_ID,
]);

class JoinAgain extends Error {}

/** A member of a classic consumer group: joins, reads what it was assigned, commits, heartbeats, leaves, comes back. */
export class GroupMember {
  readonly #world: ClientWorld;
  readonly #cluster: ClusterClient;
  readonly #plan: GroupPlan;
  readonly #fetcher: Fetcher;
  #coordinator: number | undefined;
  #memberId = '';
  #generation = -1;

  constructor(world: ClientWorld, cluster: ClusterClient, plan: GroupPlan) {
    this.#world = world;
    this.#cluster = cluster;
    this.#plan = plan;
    this.#fetcher = new Fetcher(cluster, false);
  }

  async run(): Promise<void> {
    while (!this.#world.stopping()) {
      try {
        await this.#cluster.refresh();
        await this.#findCoordinator();
        await this.#stay(await this.#join());
      } catch (error) {
        if (!(error instanceof JoinAgain || error instanceof NoAnswerError)) throw error;
        this.#coordinator = undefined;
        await this.#cluster.backOff();
      }
    }
  }

  async #findCoordinator(): Promise<void> {
    const { group } = this.#plan;
    const answer = await this.#cluster.request(ApiKeys.FindCoordinator, 'FindCoordinator', {
      key: group,
      keyType: 0,
      coordinatorKeys: [group],
    });
    const found = answer.coordinators[0] ?? answer;
    this.#demand(found.errorCode, 'FindCoordinator');
    this.#coordinator = found.nodeId;
    this.#cluster.brokers.set(found.nodeId, { host: found.host, port: found.port });
  }

  #ask<K extends ApiKey>(
    apiKey: K,
    name: ApiNameOf<K>,
    body: RequestInput<ApiNameOf<K>>,
    timeoutMs?: number,
  ): Promise<ResponseOf<ApiNameOf<K>>> {
    if (this.#coordinator === undefined) throw new JoinAgain('no coordinator');
    const options = { brokerId: this.#coordinator, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    return this.#cluster.request(apiKey, name, body, options);
  }

  /** Throws JoinAgain for what Kafka's consumer answers by joining or looking for the coordinator again. */
  #demand(code: number, what: string): void {
    if (code === KafkaErrors.NONE) return;
    if (code === KafkaErrors.UNKNOWN_MEMBER_ID || code === KafkaErrors.ILLEGAL_GENERATION) this.#memberId = '';
    if (REJOIN.has(code) || isRetriable(code)) throw new JoinAgain(what);
    throw new Violation(
      'no unexpected refusal',
      `${this.#cluster.clientId}: ${what} failed with ${kafkaErrorName(code) ?? code}`,
    );
  }

  async #join(): Promise<Position[]> {
    const topics = [...new Set(this.#plan.targets.map((target) => target.topic))];
    const { group, sessionTimeoutMs } = this.#plan;
    const rebalanceTimeoutMs = sessionTimeoutMs * 2;
    const joined = await this.#ask(
      ApiKeys.JoinGroup,
      'JoinGroup',
      {
        groupId: group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        protocolType: 'consumer',
        protocols: [{ name: 'roundrobin', metadata: encodeSubscription(topics) }],
      },
      rebalanceTimeoutMs + 5_000,
    );
    if (joined.errorCode === KafkaErrors.MEMBER_ID_REQUIRED) this.#memberId = joined.memberId;
    this.#demand(joined.errorCode, 'JoinGroup');
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    const plan = joined.leader === joined.memberId ? this.#assign(joined.members.map((member) => member.memberId)) : [];
    const synced = await this.#ask(
      ApiKeys.SyncGroup,
      'SyncGroup',
      {
        groupId: group,
        generationId: this.#generation,
        memberId: this.#memberId,
        protocolType: 'consumer',
        protocolName: 'roundrobin',
        assignments: plan,
      },
      rebalanceTimeoutMs + 5_000,
    );
    this.#demand(synced.errorCode, 'SyncGroup');
    const assigned = decodeAssignment(synced.assignment);
    return assigned.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition, offset: 0 })),
    );
  }

  #assign(members: readonly string[]) {
    const assignment = assignRoundRobin(members, this.#plan.targets);
    return [...assignment].map(([memberId, topics]) => ({ memberId, assignment: encodeAssignment(topics) }));
  }

  async #stay(positions: Position[]): Promise<void> {
    const { random } = this.#cluster.process;
    const { group } = this.#plan;
    const coordinator = this.#coordinator as number;
    const identity = { group, memberId: this.#memberId, generation: this.#generation };
    const code = await fetchOffsets(this.#world, this.#cluster, coordinator, identity, positions);
    this.#demand(code, 'OffsetFetch');
    const leaveAtMs = this.#cluster.nowMs + random.exponential(this.#plan.stayMs);
    while (!this.#world.stopping()) {
      const heartbeat = await this.#ask(ApiKeys.Heartbeat, 'Heartbeat', {
        groupId: group,
        generationId: this.#generation,
        memberId: this.#memberId,
      });
      this.#demand(heartbeat.errorCode, 'Heartbeat');
      if (this.#cluster.nowMs > leaveAtMs) return await this.#leave();
      const moved = await this.#read(positions);
      if (moved.length > 0 && random.chance(0.6)) {
        this.#demand(await commitOffsets(this.#world, this.#cluster, coordinator, identity, moved), 'OffsetCommit');
      }
      await this.#cluster.sleep(random.between(0.05, 0.15) * this.#plan.sessionTimeoutMs);
    }
  }

  /** One fetch from each leader; gives the positions that moved. */
  async #read(positions: readonly Position[]): Promise<Position[]> {
    const limits = { maxWaitMs: 100, maxBytes: 1 << 20, partitionMaxBytes: 2048 };
    const byLeader = Map.groupBy(positions, (one) => this.#cluster.leaderOf(one.topic, one.partition) ?? -1);
    byLeader.delete(-1);
    const moved: Position[] = [];
    for (const [leader, list] of byLeader) {
      try {
        for (const fetched of await this.#fetcher.fetch(leader, list, limits)) {
          if (fetched.errorCode === KafkaErrors.NONE) {
            if (takeFetched(this.#world, this.#cluster.clientId, fetched)) moved.push(fetched.position);
          } else if (isBelowStart(this.#world, fetched)) {
            skipDeleted(this.#world, fetched.position);
          } else {
            await this.#cluster.refresh();
          }
        }
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
        await this.#cluster.refresh().catch(() => undefined);
      }
    }
    return moved;
  }

  /** In order, or without a word (the session time-out has to find out). */
  async #leave(): Promise<void> {
    const memberId = this.#memberId;
    this.#memberId = '';
    if (this.#cluster.process.random.chance(0.5)) return;
    await this.#ask(ApiKeys.LeaveGroup, 'LeaveGroup', { groupId: this.#plan.group, memberId, members: [{ memberId }] });
  }
}
