import type { ChronikError } from '../edge/index.ts';
import type { BatchLocation, FooterBatch } from '../log/index.ts';
import type { LoadAnomalies, LoadedAs } from './log-loader.ts';
import { PartitionError } from './partition-error.ts';
import { PartitionLog } from './partition-log.ts';
import type { BatchSink, PartitionContext, TopicView } from './ports.ts';

/** The partitions of one topic that this broker leads; a hole for those that it does not. */
export interface TopicLogs {
  readonly name: string;
  readonly id: string;
  readonly logs: readonly (PartitionLog | undefined)[];
}

interface MutableTopicLogs extends TopicLogs {
  readonly logs: (PartitionLog | undefined)[];
}

/** What loading all partitions found. */
export interface LoadReport {
  /** Partitions with batches or losses that were not in order, by `topic-partition`. */
  readonly anomalies: ReadonlyMap<string, LoadAnomalies>;
  /** Batches of topics that do not exist any more. */
  readonly unknownTopicBatches: number;
  readonly partitions: number;
}

/**
 * All partitions of this broker. Life of it: `sync` every topic of the metadata, `loadBatch` for every batch that the
 * footers show, `open` with the sink of a data stream whose registration is committed (rule 09); from then on `sync` and
 * `drop` follow the metadata.
 */
export class PartitionManager {
  readonly #context: PartitionContext;
  readonly #brokerId: number;
  readonly #byId = new Map<string, MutableTopicLogs>();
  readonly #byName = new Map<string, MutableTopicLogs>();
  #sink: BatchSink | undefined;
  #closedBy: ChronikError | undefined;
  #unknownTopicBatches = 0;

  constructor(context: PartitionContext, brokerId: number) {
    this.#context = context;
    this.#brokerId = brokerId;
  }

  topic(name: string): TopicLogs | undefined {
    return this.#byName.get(name);
  }

  topicById(topicId: string): TopicLogs | undefined {
    return this.#byId.get(topicId);
  }

  topics(): Iterable<TopicLogs> {
    return this.#byId.values();
  }

  /** Every partition, topic by topic. */
  *logs(): Iterable<PartitionLog> {
    for (const { logs } of this.#byId.values()) {
      for (const log of logs) if (log !== undefined) yield log;
    }
  }

  /** Makes the partitions of `topic` what committed metadata say. */
  sync(topic: TopicView): void {
    const namesake = this.#byName.get(topic.name);
    if (namesake !== undefined && namesake.id !== topic.id) this.drop(namesake.id);
    let known = this.#byId.get(topic.id);
    if (known === undefined) {
      known = { name: topic.name, id: topic.id, logs: [] };
      this.#byId.set(topic.id, known);
      this.#byName.set(topic.name, known);
    }
    for (const view of topic.partitions) {
      const log = known.logs[view.index];
      if (view.leader !== this.#brokerId) {
        log?.close(
          new PartitionError('PARTITION_NOT_LEADER', `Broker ${view.leader} leads ${topic.name}-${view.index}.`),
        );
        known.logs[view.index] = undefined;
      } else if (log === undefined) {
        known.logs[view.index] = this.#create(topic, view);
      } else {
        log.follow(view);
      }
    }
  }

  /** Lets go of a deleted topic; whoever waits on it gets PARTITION_DELETED. */
  drop(topicId: string): void {
    const topic = this.#byId.get(topicId);
    if (topic === undefined) return;
    this.#byId.delete(topicId);
    if (this.#byName.get(topic.name) === topic) this.#byName.delete(topic.name);
    for (const log of topic.logs) {
      log?.close(new PartitionError('PARTITION_DELETED', `Topic ${topic.name} was deleted.`));
    }
  }

  /** Notes a batch that a footer shows. Ignored if it belongs to nothing that exists (deleted topic, closed interval). */
  loadBatch(batch: FooterBatch, location: BatchLocation): LoadedAs {
    const topic = this.#byId.get(batch.topicId);
    const log = topic?.logs[batch.partition];
    if (log === undefined) {
      if (topic === undefined) this.#unknownTopicBatches++;
      return 'ignored';
    }
    return log.loadBatch(batch, location);
  }

  /** Ends loading of all partitions. Throws PARTITION_OVERLAP. */
  finishLoading(): LoadReport {
    const anomalies = new Map<string, LoadAnomalies>();
    const nowMs = this.#context.clock.nowMs();
    let partitions = 0;
    for (const log of this.logs()) {
      partitions++;
      const found = log.finishLoading();
      log.producers.expire(nowMs);
      if (found.lost.length > 0 || found.ignoredBatches > 0) anomalies.set(`${log.topicName}-${log.index}`, found);
    }
    return { anomalies, unknownTopicBatches: this.#unknownTopicBatches, partitions };
  }

  /** From now on every partition, also those of later topics, accepts batches and hands them to `sink`. */
  open(sink: BatchSink): void {
    this.#sink = sink;
    for (const log of this.logs()) log.open(sink);
  }

  /** Ends all partitions: this broker has lost its stream. What is committed was answered before. */
  closeAll(cause: ChronikError): void {
    this.#closedBy = cause;
    for (const log of this.logs()) log.close(this.#lost(log, cause));
  }

  /** Forgets producers that have been silent for too long. */
  expireProducers(): void {
    const nowMs = this.#context.clock.nowMs();
    for (const log of this.logs()) log.producers.expire(nowMs);
  }

  #create(topic: TopicView, view: TopicView['partitions'][number]): PartitionLog {
    const log = new PartitionLog(this.#context, topic, view);
    if (this.#sink !== undefined) log.open(this.#sink);
    if (this.#closedBy !== undefined) log.close(this.#lost(log, this.#closedBy));
    return log;
  }

  #lost(log: PartitionLog, cause: ChronikError): PartitionError {
    const partition = `${log.topicName}-${log.index}`;
    return new PartitionError('PARTITION_NOT_LEADER', `This broker does not write ${partition} any more.`, cause);
  }
}
