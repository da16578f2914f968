import { type CoordinatorOptions, GroupCoordinator } from '../coordinator/index.ts';
import type { Clock, Logger, Random, Timer } from '../edge/index.ts';
import type { MetadataEvent, MetadataImage, MetadataLog } from '../meta/index.ts';
import type { PartitionManager } from '../partition/index.ts';
import { PartitionOffsetsPort } from './offsets-port.ts';
import type { OpenProof } from './open-proof.ts';
import { OFFSETS_TOPIC } from './topic-creation.ts';

/** Partitions of `__consumer_offsets` that are read at a time. */
const LOADS_AT_A_TIME = 4;
/** A partition that could not be read is tried again after so long: damage may be mended while the broker runs. */
const RELOAD_MS = 30_000;

export interface GroupServiceSetting {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metadata: MetadataLog;
  readonly partitions: PartitionManager;
  readonly proof: OpenProof;
  readonly storeWaitMs: number;
  readonly options: Partial<CoordinatorOptions>;
  /** `offsets.topic.num.partitions`: what holds until the topic exists. */
  readonly offsetsTopicPartitions: number;
  readonly onFatal: (error: Error) => void;
}

/** Keeps a group coordinator over `__consumer_offsets` as it is: created, deleted, created with another size. */
export class GroupService {
  readonly #setting: GroupServiceSetting;
  #coordinator: GroupCoordinator;
  #partitionCount: number;
  #topicId: string | undefined;
  readonly #reloads = new Set<Timer>();
  #isClosed = false;

  constructor(setting: GroupServiceSetting) {
    this.#setting = setting;
    this.#partitionCount = setting.offsetsTopicPartitions;
    this.#coordinator = this.#newCoordinator(this.#partitionCount);
    this.follow(setting.metadata.image, []);
  }

  get coordinator(): GroupCoordinator {
    return this.#coordinator;
  }

  /** Takes over a change of the metadata. */
  follow(image: MetadataImage, events: readonly MetadataEvent[]): void {
    const topic = image.topic(OFFSETS_TOPIC);
    if (topic?.id !== this.#topicId) this.#begin(topic?.id, topic?.partitions.length);
    // Offsets name their topic, so the names of deleted topics have to be told before they are forgotten.
    const deleted = events.flatMap((event) => (event.kind === 'topicDeleted' ? [this.#nameOf(event.topicId)] : []));
    const gone = deleted.filter((name) => name !== undefined && image.topic(name) === undefined);
    if (gone.length > 0) this.#run(this.#coordinator.topicsDeleted(new Set(gone as string[])));
    // The rest was deleted and has a namesake in the same slot of the metadata log: only the id tells whose an offset is (hole 20).
    if (gone.length < deleted.length) this.#run(this.#retainTopics(this.#coordinator, image));
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  /** Ends what the present coordinator does and was going to do. */
  #end(): void {
    for (const timer of this.#reloads) timer.cancel();
    this.#reloads.clear();
    this.#coordinator.close();
  }

  #nameOf(topicId: string): string | undefined {
    return this.#setting.partitions.topicById(topicId)?.name;
  }

  #begin(topicId: string | undefined, partitionCount: number | undefined): void {
    this.#topicId = topicId;
    this.#end();
    this.#partitionCount = partitionCount ?? this.#setting.offsetsTopicPartitions;
    this.#coordinator = this.#newCoordinator(this.#partitionCount);
    if (topicId !== undefined) this.#run(this.#loadAll(this.#coordinator, this.#partitionCount));
  }

  #newCoordinator(partitionCount: number): GroupCoordinator {
    const { clock, random, logger, options } = this.#setting;
    const port = new PartitionOffsetsPort({ ...this.#setting, partitionCount });
    return new GroupCoordinator({ port, clock, random, logger, options });
  }

  async #loadAll(coordinator: GroupCoordinator, partitionCount: number): Promise<void> {
    let next = 0;
    let loaded = 0;
    const loadNext = async (): Promise<void> => {
      while (next < partitionCount && coordinator === this.#coordinator) {
        const partition = next++;
        if (await this.#load(coordinator, partition)) loaded += 1;
      }
    };
    await Promise.all(Array.from({ length: LOADS_AT_A_TIME }, loadNext));
    if (coordinator !== this.#coordinator) return;
    this.#setting.logger.info('Group coordinators loaded', { partitions: loaded, of: partitionCount });
  }

  /** Resolves with whether the groups of the partition are served now; if not, it is tried again later. */
  async #load(coordinator: GroupCoordinator, partition: number): Promise<boolean> {
    const { logger, metadata } = this.#setting;
    try {
      await coordinator.load(partition);
    } catch (error) {
      if (coordinator !== this.#coordinator) return false;
      logger.error('The groups of a partition cannot be served', {
        partition: `${OFFSETS_TOPIC}-${partition}`,
        error: error instanceof Error ? error.message : String(error),
        nextTryMs: RELOAD_MS,
      });
      this.#reloadLater(coordinator, partition);
      return false;
    }
    // What was deleted while nobody could tell this coordinator.
    await coordinator.retainTopics(partition, (name) => metadata.image.topic(name)?.id);
    return true;
  }

  #reloadLater(coordinator: GroupCoordinator, partition: number): void {
    if (this.#isClosed) return;
    const timer = this.#setting.clock.setTimer(RELOAD_MS, () => {
      this.#reloads.delete(timer);
      this.#run(this.#load(coordinator, partition));
    });
    this.#reloads.add(timer);
  }

  async #retainTopics(coordinator: GroupCoordinator, image: MetadataImage): Promise<void> {
    const partitions = Array.from({ length: this.#partitionCount }, (_, partition) => partition);
    await Promise.all(
      partitions.map((partition) => coordinator.retainTopics(partition, (name) => image.topic(name)?.id)),
    );
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#setting.onFatal(error as Error));
  }
}
