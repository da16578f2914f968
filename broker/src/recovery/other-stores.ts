import { ChronikError, hasCode, sleep } from '../edge/index.ts';
import type { Clock } from '../edge/index.ts';
import { readClusterFile, readTimelineFiles } from '../meta/index.ts';
import type { TimelineFile } from '../meta/index.ts';
import type { PatientStore } from '../store/index.ts';

/** A store that does not tell its timelines within so long counts as unreachable; the next look asks again. */
const ANSWER_MS = 5_000;

/** What a store that is not the active one tells of its timelines. */
export type OtherStore =
  | { readonly kind: 'empty'; readonly description: string }
  | {
      readonly kind: 'cluster';
      readonly description: string;
      readonly lineage: string;
      readonly timelines: readonly TimelineFile[];
    }
  | { readonly kind: 'unreachable'; readonly description: string };

/** What the other configured stores tell (rule 14). */
export class OtherStores {
  readonly stores: readonly OtherStore[];

  constructor(stores: readonly OtherStore[]) {
    this.stores = stores;
  }

  /** Those that did not answer in time: they may hold a newer timeline. */
  get unreachable(): readonly string[] {
    return this.stores.filter(({ kind }) => kind === 'unreachable').map(({ description }) => description);
  }

  /** One that holds the history of a cluster. */
  get withHistory(): Extract<OtherStore, { kind: 'cluster' }> | undefined {
    return this.stores.find((store) => store.kind === 'cluster');
  }

  /** Timelines in stores of that lineage; another lineage's say nothing about it. */
  timelinesOf(lineage: string): readonly (readonly TimelineFile[])[] {
    return this.stores.flatMap((store) =>
      store.kind === 'cluster' && store.lineage === lineage ? [store.timelines] : [],
    );
  }
}

/** Asks all at once, each for a bounded time. Rejects only if a later release wrote the files. */
export async function askOtherStores(stores: readonly PatientStore[], clock: Clock): Promise<OtherStores> {
  return new OtherStores(await Promise.all(stores.map((store) => askOne(store, clock))));
}

async function askOne(store: PatientStore, clock: Clock): Promise<OtherStore> {
  const { description } = store;
  const limit = new AbortController();
  const answered = new AbortController();
  void sleep(clock, ANSWER_MS, answered.signal).then(
    () => limit.abort(),
    () => undefined,
  );
  try {
    const cluster = await readClusterFile(store, limit.signal);
    if (cluster === undefined) return { kind: 'empty', description };
    const timelines = await readTimelineFiles(store, limit.signal);
    return { kind: 'cluster', description, lineage: cluster.lineage, timelines };
  } catch (error) {
    // A store that cannot be read does not tell whether it holds a newer timeline either.
    if (limit.signal.aborted || isUntold(error)) return { kind: 'unreachable', description };
    throw error;
  } finally {
    answered.abort();
  }
}

function isUntold(error: unknown): boolean {
  return error instanceof ChronikError && !hasCode(error, 'FORMAT_TOO_NEW');
}
