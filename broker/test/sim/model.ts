import { PartitionHistory } from './partition-history.ts';
import { Violation } from './violation.ts';

export interface TopicHistory {
  readonly name: string;
  readonly partitionCount: number;
  /** Set by the first answer that shows it. */
  id: string | undefined;
  /** `unknown`: asked for, no answer. */
  state: 'unknown' | 'created' | 'deleting' | 'deleted';
  /** Configurations whose change was acknowledged. */
  readonly configs: Map<string, string>;
  readonly partitions: readonly PartitionHistory[];
}

interface Commit {
  readonly offset: number;
  acked: boolean;
}

/** What one group was told about one partition: commits rise, so what is fetched is at least the last acked one. */
export class CommitHistory {
  readonly name: string;
  readonly commits: Commit[] = [];
  ackedOffset = -1;

  constructor(name: string) {
    this.name = name;
  }

  begin(offset: number): Commit {
    const commit: Commit = { offset, acked: false };
    this.commits.push(commit);
    return commit;
  }

  ack(commit: Commit): void {
    commit.acked = true;
    this.ackedOffset = Math.max(this.ackedOffset, commit.offset);
  }

  /** `ackedBefore` is `ackedOffset` at the moment when the question was asked. */
  fetched(offset: number, ackedBefore: number, reader: string): void {
    const mayHaveArrivedLate = this.commits.some((commit) => !commit.acked && commit.offset === offset);
    if (offset < ackedBefore && !mayHaveArrivedLate) {
      throw new Violation(
        'committed offsets are kept',
        `${this.name}: ${reader} was told ${offset} after the commit of ${ackedBefore} had been acked`,
      );
    }
    if (offset >= 0 && !this.commits.some((commit) => commit.offset === offset)) {
      throw new Violation('nothing invented', `${this.name}: ${reader} was told ${offset}, which nobody committed`);
    }
  }
}

/** Everything that clients were told in one run. */
export class Model {
  readonly topics = new Map<string, TopicHistory>();
  readonly #commits = new Map<string, CommitHistory>();
  /** Ids of topics that were deleted and created again under their name. */
  readonly #formerIds = new Set<string>();
  /** Producer ids given out, with their epoch: never twice. */
  readonly producerIds = new Map<string, string>();
  readonly counts = { sent: 0, acked: 0, read: 0, commits: 0, refused: 0, deletions: 0 };

  topic(name: string): TopicHistory | undefined {
    return this.topics.get(name);
  }

  createTopic(name: string, partitionCount: number): TopicHistory {
    const partitions = Array.from({ length: partitionCount }, (_, index) => new PartitionHistory(`${name}-${index}`));
    const topic: TopicHistory = {
      name,
      partitionCount,
      id: undefined,
      state: 'unknown',
      configs: new Map(),
      partitions,
    };
    const before = this.topics.get(name);
    if (before?.id !== undefined) this.#formerIds.add(before.id);
    this.topics.set(name, topic);
    return topic;
  }

  partition(topic: string, index: number): PartitionHistory {
    const partition = this.topics.get(topic)?.partitions[index];
    if (partition === undefined) throw new Error(`The model has no partition ${topic}-${index}.`);
    return partition;
  }

  /** An answer named the topic with this id. */
  showTopicId(topic: TopicHistory, id: string, reader: string): void {
    if (this.#formerIds.has(id)) {
      throw new Violation(
        'a topic created again is another one',
        `${topic.name}: ${reader} was told its former id ${id}`,
      );
    }
    topic.id ??= id;
    if (topic.id !== id) {
      throw new Violation(
        'topic ids are kept',
        `${topic.name}: ${reader} was told id ${id}, before it was ${topic.id}`,
      );
    }
  }

  showProducerId(id: number, epoch: number, producer: string): void {
    const key = `${id}/${epoch}`;
    const owner = this.producerIds.get(key);
    if (owner !== undefined && owner !== producer) {
      throw new Violation('producer ids are unique', `${producer} was given ${key}, which ${owner} has`);
    }
    this.producerIds.set(key, producer);
  }

  commits(group: string, topic: string, partition: number): CommitHistory {
    const name = `${group}/${topic}-${partition}`;
    let history = this.#commits.get(name);
    if (history === undefined) this.#commits.set(name, (history = new CommitHistory(name)));
    return history;
  }

  /** The history went on from a cut: any of the commits may be the one that the cut holds. */
  forgetAckedCommits(): void {
    for (const history of this.#commits.values()) history.ackedOffset = -1;
  }

  commitHistories(): Iterable<readonly [string, CommitHistory]> {
    return this.#commits;
  }
}
