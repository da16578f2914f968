import { KafkaErrors, isRetriable, kafkaErrorName } from '../../../src/kafka/index.ts';
import { Violation } from '../violation.ts';
import type { ClientWorld } from './client-world.ts';
import type { ClusterClient } from './cluster-client.ts';
import { Fetcher } from './fetcher.ts';
import type { Fetched, Position } from './fetcher.ts';
import { NoAnswerError } from './wire-connection.ts';

export interface ConsumerPlan {
  readonly targets: readonly { readonly topic: string; readonly partition: number }[];
  readonly useSessions: boolean;
  readonly maxWaitMs: number;
}

/** Checks what a fetch brought against the model and moves the position; true if it brought records. */
export function takeFetched(world: ClientWorld, reader: string, fetched: Fetched): boolean {
  const { position } = fetched;
  const history = world.model.partition(position.topic, position.partition);
  history.showHighWatermark(fetched.highWatermark);
  for (const batch of fetched.batches) {
    if (batch.lastOffset < position.offset) {
      throw new Violation(
        'order',
        `${history.name}: ${reader} asked from ${position.offset} and got a batch that ends at ${batch.lastOffset}`,
      );
    }
    if (batch.baseOffset > position.offset) {
      throw new Violation(
        'dense offsets',
        `${history.name}: ${reader} asked from ${position.offset} and got ${batch.baseOffset}`,
      );
    }
    if (batch.lastOffset >= fetched.highWatermark) {
      throw new Violation(
        'high watermark',
        `${history.name}: ${reader} got offset ${batch.lastOffset} above the high watermark ${fetched.highWatermark}`,
      );
    }
    history.see(batch, reader);
    world.model.counts.read += batch.recordCount;
    position.offset = batch.lastOffset + 1;
  }
  return fetched.batches.length > 0;
}

/** The position lies where records were, or may have been, deleted. */
export function isBelowStart(world: ClientWorld, { position, errorCode }: Fetched): boolean {
  if (errorCode !== KafkaErrors.OFFSET_OUT_OF_RANGE) return false;
  return position.offset < world.model.partition(position.topic, position.partition).maybeDeletedBelow;
}

/** Goes on behind all that may have been deleted. */
export function skipDeleted(world: ClientWorld, position: Position): void {
  position.offset = world.model.partition(position.topic, position.partition).maybeDeletedBelow;
}

/** Reads all its partitions from the beginning, for ever; now and then it goes back to a place that it has read. */
export class Consumer {
  readonly #world: ClientWorld;
  readonly #cluster: ClusterClient;
  readonly #plan: ConsumerPlan;
  readonly #fetcher: Fetcher;
  readonly #positions: Position[];

  constructor(world: ClientWorld, cluster: ClusterClient, plan: ConsumerPlan) {
    this.#world = world;
    this.#cluster = cluster;
    this.#plan = plan;
    this.#fetcher = new Fetcher(cluster, plan.useSessions);
    this.#positions = plan.targets.map((target) => ({ ...target, offset: 0 }));
  }

  async run(): Promise<void> {
    await this.#cluster.refreshPatiently();
    while (!this.#world.stopping()) {
      const byLeader = Map.groupBy(this.#positions, (one) => this.#cluster.leaderOf(one.topic, one.partition) ?? -1);
      byLeader.delete(-1);
      const outcomes = await Promise.all([...byLeader].map(([leader, list]) => this.#round(leader, list)));
      if (outcomes.length === 0 || outcomes.includes('trouble')) {
        await this.#cluster.backOff();
        await this.#cluster.refreshPatiently();
      }
      this.#maybeGoBack();
      if (this.#plan.maxWaitMs === 0) await this.#cluster.sleep(this.#cluster.process.random.between(20, 200));
    }
  }

  async #round(leader: number, positions: readonly Position[]): Promise<'fine' | 'trouble'> {
    const limits = { maxWaitMs: this.#plan.maxWaitMs, maxBytes: 1 << 20, partitionMaxBytes: 4096 };
    let fetches: readonly Fetched[];
    try {
      fetches = await this.#fetcher.fetch(leader, positions, limits);
    } catch (error) {
      if (error instanceof NoAnswerError) return 'trouble';
      throw error;
    }
    let outcome: 'fine' | 'trouble' = 'fine';
    for (const fetched of fetches) {
      if (fetched.errorCode === KafkaErrors.NONE) takeFetched(this.#world, this.#cluster.clientId, fetched);
      else if (isBelowStart(this.#world, fetched)) skipDeleted(this.#world, fetched.position);
      else outcome = this.#trouble(fetched);
    }
    return outcome;
  }

  #trouble(fetched: Fetched): 'trouble' {
    const { position, errorCode } = fetched;
    const session =
      errorCode === KafkaErrors.FETCH_SESSION_ID_NOT_FOUND || errorCode === KafkaErrors.INVALID_FETCH_SESSION_EPOCH;
    const gone = this.#world.model.topic(position.topic)?.state !== 'created';
    if (!session && !gone && !isRetriable(errorCode)) {
      throw new Violation(
        'no unexpected refusal',
        `${position.topic}-${position.partition}: fetch at ${position.offset} failed with ${kafkaErrorName(errorCode) ?? errorCode}`,
      );
    }
    return 'trouble';
  }

  #maybeGoBack(): void {
    const { random } = this.#cluster.process;
    if (!random.chance(0.003)) return;
    const position = random.pick(this.#positions);
    // Mostly just behind the end, where memory and bucket meet; now and then anywhere.
    const back = random.chance(0.8) ? Math.min(position.offset, 60) : position.offset;
    position.offset -= random.integer(0, back);
  }
}
