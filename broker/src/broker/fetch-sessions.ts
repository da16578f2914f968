import type { Clock, Random } from '../edge/index.ts';
import { type KafkaErrorName, KafkaErrors, type RequestOf, ZERO_UUID } from '../kafka/index.ts';

/** A partition that a client fetches, and what it was told last (KIP-227). */
export interface FetchedPartition {
  readonly topic: string;
  /** ZERO_UUID when the client names topics by name. */
  readonly topicId: string;
  readonly partition: number;
  fetchOffset: number;
  maxBytes: number;
  currentLeaderEpoch: number;
  lastFetchedEpoch: number;
  /** As told last; -2 = never told. */
  toldHighWatermark: number;
  toldLogStartOffset: number;
}

type FetchRequest = RequestOf<'Fetch'>;

/** How one fetch request is to be answered. */
export interface FetchContext {
  /** 0 = the client gets no session. */
  readonly sessionId: number;
  readonly partitions: Iterable<FetchedPartition>;
  /** Only partitions with news are answered. */
  readonly incremental: boolean;
  /** Moves a partition that was given data behind all others, so that each gets its turn. */
  readonly served: (partition: FetchedPartition) => void;
}

const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
const NEVER_TOLD = -2;
const MAX_EPOCH = 0x7fff_ffff;
/** A full cache lets go of a session that was not used for so long (Kafka's MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS). */
const EVICTION_MS = 120_000;

interface FetchSession {
  readonly id: number;
  readonly byId: boolean;
  readonly partitions: Map<string, FetchedPartition>;
  epoch: number;
  lastUsedMs: number;
}

/** Incremental fetch sessions: the broker remembers which partitions a client fetches, the client sends only changes. */
export class FetchSessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #maxSessions: number;
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>();

  constructor(clock: Clock, random: Random, maxSessions: number) {
    this.#clock = clock;
    this.#random = random;
    this.#maxSessions = maxSessions;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** What the request asks for, or the error of the whole response. `byId`: the version names topics by id. */
  context(request: FetchRequest, byId: boolean): FetchContext | KafkaErrorName {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      if (sessionId !== 0) this.#sessions.delete(sessionId);
      return sessionEpoch === FINAL_EPOCH ? sessionless(request) : this.#begin(request, byId);
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return 'FETCH_SESSION_ID_NOT_FOUND';
    if (session.epoch !== sessionEpoch) return 'INVALID_FETCH_SESSION_EPOCH';
    if (session.byId !== byId) return 'FETCH_SESSION_TOPIC_ID_ERROR';
    update(session.partitions, request);
    if (session.partitions.size === 0) {
      this.#sessions.delete(sessionId);
      return sessionless(request);
    }
    session.epoch = nextEpoch(session.epoch);
    session.lastUsedMs = this.#clock.monotonicMs();
    this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, session);
    return sessionContext(session, true);
  }

  #begin(request: FetchRequest, byId: boolean): FetchContext {
    if (request.topics.length === 0 || !this.#makeRoom()) return sessionless(request);
    const partitions = new Map<string, FetchedPartition>();
    update(partitions, request);
    const session: FetchSession = {
      id: this.#newId(),
      byId,
      partitions,
      epoch: nextEpoch(INITIAL_EPOCH),
      lastUsedMs: this.#clock.monotonicMs(),
    };
    this.#sessions.set(session.id, session);
    return sessionContext(session, false);
  }

  #makeRoom(): boolean {
    if (this.#sessions.size < this.#maxSessions) return true;
    const [oldest] = this.#sessions.values();
    if (oldest === undefined || this.#clock.monotonicMs() - oldest.lastUsedMs < EVICTION_MS) return false;
    return this.#sessions.delete(oldest.id);
  }

  #newId(): number {
    for (;;) {
      const id = this.#random.bytes(4).readInt32BE(0) & MAX_EPOCH;
      if (id !== 0 && !this.#sessions.has(id)) return id;
    }
  }
}

function nextEpoch(epoch: number): number {
  return epoch === MAX_EPOCH ? 1 : epoch + 1;
}

function sessionContext({ id, partitions }: FetchSession, incremental: boolean): FetchContext {
  return {
    sessionId: id,
    partitions: partitions.values(),
    incremental,
    served: (partition) => {
      const key = keyOf(partition.topicId, partition.topic, partition.partition);
      if (partitions.delete(key)) partitions.set(key, partition);
    },
  };
}

function sessionless(request: FetchRequest): FetchContext {
  const partitions = new Map<string, FetchedPartition>();
  update(partitions, request);
  return { sessionId: 0, partitions: partitions.values(), incremental: false, served: () => undefined };
}

function keyOf(topicId: string, topic: string, partition: number): string {
  return topicId === ZERO_UUID ? `${topic}/${partition}` : `${topicId}/${partition}`;
}

/** Takes over what the request adds, changes and forgets. */
function update(partitions: Map<string, FetchedPartition>, request: FetchRequest): void {
  for (const { topicId, topic, partitions: wanted } of request.topics) {
    for (const { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch } of wanted) {
      const key = keyOf(topicId, topic, partition);
      const known = partitions.get(key);
      if (known === undefined) {
        partitions.set(key, {
          topic,
          topicId,
          partition,
          fetchOffset,
          maxBytes: partitionMaxBytes,
          currentLeaderEpoch,
          lastFetchedEpoch,
          toldHighWatermark: NEVER_TOLD,
          toldLogStartOffset: NEVER_TOLD,
        });
      } else {
        known.fetchOffset = fetchOffset;
        known.maxBytes = partitionMaxBytes;
        known.currentLeaderEpoch = currentLeaderEpoch;
        known.lastFetchedEpoch = lastFetchedEpoch;
      }
    }
  }
  for (const { topicId, topic, partitions: forgotten } of request.forgottenTopicsData) {
    for (const partition of forgotten) partitions.delete(keyOf(topicId, topic, partition));
  }
}

/** Whether an incremental answer has to mention the partition; notes what it is told. */
export function hasNews(
  partition: FetchedPartition,
  told: {
    readonly errorCode: number;
    readonly sizeBytes: number;
    readonly highWatermark: number;
    readonly logStartOffset: number;
    readonly diverges: boolean;
  },
): boolean {
  const isNews =
    told.errorCode !== KafkaErrors.NONE ||
    told.diverges ||
    told.sizeBytes > 0 ||
    told.highWatermark !== partition.toldHighWatermark ||
    told.logStartOffset !== partition.toldLogStartOffset;
  // After an error the partition is told anew, whatever it was told before.
  const failed = told.errorCode !== KafkaErrors.NONE;
  partition.toldHighWatermark = failed ? NEVER_TOLD : told.highWatermark;
  partition.toldLogStartOffset = failed ? NEVER_TOLD : told.logStartOffset;
  return isNews;
}
