import assert from 'node:assert/strict';

import type { KafkaErrorName, RequestOf, ResponseOf } from '../../src/kafka/index.ts';
import {
  commitError,
  commitRequest,
  context,
  errorName,
  groupId,
  joinRequest,
  settled,
  subscription,
  watch,
} from './harness.ts';
import type { TestCoordinator, Watched } from './harness.ts';

interface ConsumerOptions {
  readonly clientId?: string;
  readonly groupInstanceId?: string | null;
  readonly protocols?: RequestOf<'JoinGroup'>['protocols'];
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  /** Version of JoinGroup; 3 is the last that does not hand out the member id first. */
  readonly joinVersion?: number;
}

/** A consumer's side of the group protocol, one request at a time. */
export class Consumer {
  memberId = '';
  generationId = -1;
  leads = false;
  joined: ResponseOf<'JoinGroup'> | undefined;
  protocols: RequestOf<'JoinGroup'>['protocols'];
  readonly #test: TestCoordinator;
  readonly #options: ConsumerOptions;

  constructor(test: TestCoordinator, options: ConsumerOptions = {}) {
    this.#test = test;
    this.#options = options;
    this.protocols = options.protocols ?? [{ name: 'range', metadata: subscription('orders') }];
  }

  get groupInstanceId(): string | null {
    return this.#options.groupInstanceId ?? null;
  }

  /** Sends JoinGroup and, if a member id is to be taken first, once more with that. */
  join(): Watched<ResponseOf<'JoinGroup'>> {
    return watch(this.#join());
  }

  async #join(): Promise<ResponseOf<'JoinGroup'>> {
    const { clientId, sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 60_000, joinVersion = 9 } = this.#options;
    const { groupInstanceId, protocols } = this;
    const send = (): Promise<ResponseOf<'JoinGroup'>> =>
      this.#test.coordinator.joinGroup(
        joinRequest({ memberId: this.memberId, groupInstanceId, protocols, sessionTimeoutMs, rebalanceTimeoutMs }),
        context(joinVersion, clientId),
      );
    let response = await send();
    if (errorName(response.errorCode) === 'MEMBER_ID_REQUIRED') {
      this.memberId = response.memberId;
      response = await send();
    }
    if (errorName(response.errorCode) === 'NONE') {
      this.memberId = response.memberId;
      this.generationId = response.generationId;
      this.leads = response.leader === response.memberId;
      this.joined = response;
    }
    return response;
  }

  /** Sends SyncGroup; the leader gives each member its own id as assignment. */
  sync(overrides: Partial<RequestOf<'SyncGroup'>> = {}): Watched<ResponseOf<'SyncGroup'>> {
    const { memberId, groupInstanceId, generationId } = this;
    const assignments = this.leads
      ? (this.joined?.members ?? []).map((member) => ({
          memberId: member.memberId,
          assignment: Buffer.from(`for ${member.memberId}`),
        }))
      : [];
    const request = {
      groupId,
      memberId,
      groupInstanceId,
      generationId,
      assignments,
      protocolType: null,
      protocolName: null,
    };
    return watch(this.#test.coordinator.syncGroup({ ...request, ...overrides }, context(3)));
  }

  heartbeat(): KafkaErrorName {
    const { memberId, groupInstanceId, generationId } = this;
    const response = this.#test.coordinator.heartbeat({ groupId, memberId, groupInstanceId, generationId });
    return errorName(response.errorCode);
  }

  async leave(): Promise<KafkaErrorName> {
    const { memberId, groupInstanceId } = this;
    const members = [{ memberId, groupInstanceId, reason: null }];
    const response = await this.#test.coordinator.leaveGroup({ groupId, memberId: '', members }, context(5));
    const error = errorName(response.errorCode);
    return error === 'NONE' ? errorName(response.members[0]?.errorCode) : error;
  }

  async commit(offset: number, apiVersion = 8): Promise<KafkaErrorName> {
    const { memberId, groupInstanceId, generationId: generationIdOrMemberEpoch } = this;
    const request = commitRequest(offset, { memberId, groupInstanceId, generationIdOrMemberEpoch });
    return commitError(await this.#test.coordinator.offsetCommit(request, context(apiVersion)));
  }
}

/** Lets all consumers join one group and get their assignments; the group is stable afterwards. */
export async function stabilize(test: TestCoordinator, ...consumers: readonly Consumer[]): Promise<void> {
  const joins = consumers.map((consumer) => consumer.join());
  // The first join phase of a group takes 3 s, and 3 s more when several members come.
  await test.clock.advance(6_000);
  for (const join of joins) assert.equal(errorName((await settled(join)).errorCode), 'NONE');
  const syncs = consumers.map((consumer) => consumer.sync());
  for (const sync of syncs) assert.equal(errorName((await settled(sync)).errorCode), 'NONE');
}
