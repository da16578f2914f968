import type { Ack, LoadReport } from '../client/load.ts';
import type { Operations } from '../client/operations.ts';
import type { Survivors } from '../client/survivors.ts';
import { until } from '../processes.ts';

/** A group without members whose offsets are committed before each fault and have to be the same after it. */
const BOOKMARKS = 'bookmarks';
/** In so many partitions at most: kafkajs commits them one by one. */
const MARKED = 12;
/** Sends that have to succeed after a fault before it counts as over. */
const SENDS = 5;
const PATIENCE_SECONDS = 180;

export interface WorkloadPlan {
  readonly topic: string;
  readonly partitions: number;
  /** How many partitions each send writes to. */
  readonly atOnce: number;
}

/** One topic with all that its producers were ever told is safe. */
export class Workload {
  readonly #client: () => Operations;
  readonly #plan: WorkloadPlan;
  #acks: readonly Ack[] = [];
  #loads = 0;

  constructor(client: () => Operations, plan: WorkloadPlan) {
    this.#client = client;
    this.#plan = plan;
  }

  create(): Promise<void> {
    return this.#client().createTopic(this.#plan);
  }

  /** Plays `fault` while a client produces and reads, and tells for how long it could not; throws unless every record is exact. */
  async underLoad(fault: () => Promise<void>, client = this.#client()): Promise<string> {
    const { report, records } = await this.measure(fault, client);
    const { produce, fetch } = report;
    return `away: produce ${produce.seconds.toFixed(1)} s, fetch ${fetch.seconds.toFixed(1)} s; ${records}`;
  }

  /** Plays `fault` while a client produces and reads, waits until both go on, and holds everything against what was acknowledged. */
  async measure(
    fault: () => Promise<void>,
    client = this.#client(),
  ): Promise<{ readonly report: LoadReport; readonly records: string }> {
    const bookmarks = this.#ends().slice(0, MARKED);
    await client.commit({ group: BOOKMARKS, topic: this.#plan.topic, offsets: bookmarks });
    const report = await this.#play(fault, client, true);
    this.#acks = [...this.#acks, ...report.acks];
    return { report, records: await this.check(bookmarks) };
  }

  /**
   * Plays a fault that may cost the newest records, and answers what it cost; `fault` resolves with the moment before which everything
   * was promised to be kept. Throws unless that is so, and so for everything since clients go on.
   */
  async measureLoss(fault: () => Promise<Date>): Promise<{
    readonly report: LoadReport;
    readonly cut: Date;
    readonly loss: Survivors;
    readonly acks: readonly Ack[];
  }> {
    const client = this.#client();
    let cut = new Date(Number.NaN);
    const report = await this.#play(
      async () => {
        cut = await fault();
      },
      client,
      false,
    );
    const acks = [...this.#acks, ...report.acks];
    const resumedMs = report.produce.endedAtMs;
    const loss = await client.survivors({ topic: this.#plan.topic, acks, cutMs: cut.getTime(), resumedMs });
    if (loss.wrong.length > 0) throw new Error(loss.wrong.join('; '));
    this.#acks = loss.contents;
    return { report, cut, loss, acks };
  }

  async #play(fault: () => Promise<void>, client: Operations, idempotent: boolean): Promise<LoadReport> {
    const { atOnce } = this.#plan;
    this.#loads += 1;
    await client.startLoad({ ...this.#plan, name: `load-${this.#loads}`, everyMs: 50, idempotent });
    await fault();
    const before = await client.load();
    await until('clients go on', PATIENCE_SECONDS, async () => {
      const now = await client.load();
      const enough = SENDS * atOnce;
      const [produced, consumed] = [now.acks.length - before.acks.length, now.consumed - before.consumed];
      if (produced > enough && consumed > SENDS) return true;
      throw new Error(
        `${produced} records written and ${consumed} read since; ${now.failure ?? 'nobody has given up'}`,
      );
    });
    const report = await client.stopLoad();
    if (report.failure !== undefined) throw new Error(report.failure);
    return report;
  }

  /** Every acknowledged record at its offset, nothing else, and the bookmarks where they were. Throws what is wrong. */
  async check(bookmarks?: readonly number[]): Promise<string> {
    const group = bookmarks === undefined ? {} : { group: { id: BOOKMARKS, offsets: bookmarks } };
    const wrong = await this.#client().check({ topic: this.#plan.topic, acks: this.#acks, ...group });
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    return `${this.#acks.length} records exact`;
  }

  #ends(): readonly number[] {
    const ends = Array.from({ length: this.#plan.partitions }, () => 0);
    for (const { partition, offset } of this.#acks) ends[partition] = Math.max(ends[partition] ?? 0, offset + 1);
    return ends;
  }
}
