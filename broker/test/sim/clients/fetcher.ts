import { ApiKeys, KafkaErrors, ZERO_UUID } from '../../../src/kafka/index.ts';
import type { ResponseOf } from '../../../src/kafka/index.ts';
import type { DecodedBatch } from '../../support/batches.ts';
import { decodeBatches } from '../../support/batches.ts';
import type { ClusterClient } from './cluster-client.ts';

export interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
}

export interface Fetched {
  readonly position: Position;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly batches: readonly DecodedBatch[];
}

/** State of a fetch session with one broker (KIP-227). */
interface Session {
  id: number;
  epoch: number;
  /** What the broker believes that this client wants. */
  readonly sent: Map<string, number>;
}

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
}

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

/** Fetch requests of one client, with or without sessions, by name or by topic id, as its version has it. */
export class Fetcher {
  readonly #cluster: ClusterClient;
  readonly #useSessions: boolean;
  readonly #sessions = new Map<number, Session>();

  constructor(cluster: ClusterClient, useSessions: boolean) {
    this.#cluster = cluster;
    this.#useSessions = useSessions;
  }

  /** One fetch from one broker. Rejects with NoAnswerError. A whole-request error is given to every partition. */
  async fetch(brokerId: number, wanted: readonly Position[], limits: FetchLimits): Promise<readonly Fetched[]> {
    const connection = await this.#cluster.connection(brokerId);
    const hasIds = wanted.every((one) => this.#cluster.topicId(one.topic) !== ZERO_UUID);
    const version = Math.min(this.#cluster.version('Fetch'), hasIds ? 18 : 12);
    const session = this.#sessions.get(brokerId) ?? { id: 0, epoch: 0, sent: new Map<string, number>() };
    const listed =
      session.id === 0
        ? wanted
        : wanted.filter((one) => session.sent.get(keyOf(one.topic, one.partition)) !== one.offset);
    try {
      const answer = await connection.request(
        ApiKeys.Fetch,
        version,
        {
          ...limits,
          minBytes: 1,
          sessionId: session.id,
          sessionEpoch: this.#useSessions ? session.epoch : -1,
          topics: this.#byTopic(listed, limits),
          forgottenTopicsData: session.id === 0 ? [] : this.#forgotten(session, wanted),
        },
        this.#cluster.requestTimeoutMs + limits.maxWaitMs,
      );
      this.#follow(brokerId, session, wanted, answer);
      if (answer.errorCode !== KafkaErrors.NONE) return wanted.map((position) => failed(position, answer.errorCode));
      return this.#results(wanted, answer);
    } catch (error) {
      this.#sessions.delete(brokerId);
      throw error;
    }
  }

  #byTopic(positions: readonly Position[], limits: FetchLimits) {
    const topics = Map.groupBy(positions, (one) => one.topic);
    return [...topics].map(([topic, list]) => ({
      topic,
      topicId: this.#cluster.topicId(topic),
      partitions: list.map((one) => ({
        partition: one.partition,
        fetchOffset: one.offset,
        partitionMaxBytes: limits.partitionMaxBytes,
      })),
    }));
  }

  #forgotten(session: Session, wanted: readonly Position[]) {
    const keep = new Set(wanted.map((one) => keyOf(one.topic, one.partition)));
    const gone = [...session.sent.keys()]
      .filter((key) => !keep.has(key))
      .map((key) => key.split('/') as [string, string]);
    for (const [topic, partition] of gone) session.sent.delete(keyOf(topic, Number(partition)));
    return [...Map.groupBy(gone, ([topic]) => topic)].map(([topic, list]) => ({
      topic,
      topicId: this.#cluster.topicId(topic),
      partitions: list.map(([, partition]) => Number(partition)),
    }));
  }

  #follow(brokerId: number, session: Session, wanted: readonly Position[], answer: ResponseOf<'Fetch'>): void {
    if (!this.#useSessions) return;
    if (answer.errorCode !== KafkaErrors.NONE || answer.sessionId === 0) {
      this.#sessions.delete(brokerId);
      return;
    }
    session.id = answer.sessionId;
    session.epoch = session.epoch === 0x7fff_ffff ? 1 : session.epoch + 1;
    for (const one of wanted) session.sent.set(keyOf(one.topic, one.partition), one.offset);
    this.#sessions.set(brokerId, session);
  }

  #results(wanted: readonly Position[], answer: ResponseOf<'Fetch'>): Fetched[] {
    const positions = new Map(wanted.map((one) => [keyOf(one.topic, one.partition), one]));
    const results: Fetched[] = [];
    for (const topic of answer.responses) {
      const name = topic.topic === '' ? this.#cluster.topicName(topic.topicId) : topic.topic;
      if (name === undefined) continue;
      for (const one of topic.partitions) {
        const position = positions.get(keyOf(name, one.partitionIndex));
        if (position === undefined) continue;
        results.push({
          position,
          errorCode: one.errorCode,
          highWatermark: one.highWatermark,
          logStartOffset: one.logStartOffset,
          batches: one.records === null ? [] : decodeBatches(one.records),
        });
      }
    }
    return results;
  }
}

function failed(position: Position, errorCode: number): Fetched {
  return { position, errorCode, highWatermark: -1, logStartOffset: -1, batches: [] };
}
