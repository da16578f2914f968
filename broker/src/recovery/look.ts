import type { Clock, Disk, Logger, Random } from '../edge/index.ts';
import { HybridClock, timelineDataPrefix } from '../log/index.ts';
import type { LogContext } from '../log/index.ts';
import type { PatientStore } from '../store/index.ts';
import { surveyBucket } from './bucket-survey.ts';
import type { BucketSurvey } from './bucket-survey.ts';
import { decide } from './decide.ts';
import type { Decision, Demands } from './decide.ts';
import { nameEmptyVolume } from './empty-volume.ts';
import { askOtherStores } from './other-stores.ts';
import { readEndsFrom } from './timeline-end.ts';
import type { Volume } from './volume.ts';

/** What it takes to find the row of the decision table. */
export interface LookOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly logger: Logger;
  readonly store: PatientStore;
  /** Stores that may hold identical copies of damaged slots. */
  readonly replicas: readonly PatientStore[];
  /** Whether somebody said that the cluster runs on `store`; if not, all others must tell that it does not go on there. */
  readonly isStoreNamed?: boolean;
  /** Present: an empty volume is filled from a history only if its id is among these. */
  readonly onlyReleased?: readonly string[] | undefined;
  readonly dataDirectory: string;
  readonly broker: number;
  /** Demanded cluster id, if any. */
  readonly lineage: string | undefined;
}

export interface Row extends BucketSurvey {
  readonly decision: Decision;
}

/** Looks at the stores and finds the row of the decision table. Writes nothing to them; waits for as long as the active one is away. */
export async function look(volume: Volume, options: LookOptions): Promise<Row> {
  const { store, replicas, clock, broker, lineage, isStoreNamed = false, onlyReleased } = options;
  const others = await askOtherStores(replicas, clock);
  const survey = await surveyBucket(store, {
    others,
    endOf: (found, known) => readEndsFrom([store, ...replicas], logContext(options, found), known),
  });
  const isAsked = onlyReleased !== undefined && volume.kind === 'empty';
  const emptyVolume = isAsked ? await emptiness(options, onlyReleased, survey) : undefined;
  const demands = { lineage, broker, isStoreNamed, ...(emptyVolume === undefined ? {} : { emptyVolume }) };
  return { ...survey, decision: decide(volume, survey.state, demands, others) };
}

/** Where no broker has ever written, an empty volume is what a new cluster begins with: nothing was lost. */
async function emptiness(
  { disk, dataDirectory, random, store }: LookOptions,
  released: readonly string[],
  { tree }: BucketSurvey,
): Promise<NonNullable<Demands['emptyVolume']>> {
  const id = await nameEmptyVolume(disk, dataDirectory, random);
  if (released.includes(id)) return { id, isReleased: true };
  for (const { timeline } of tree.files) {
    const page = await store.list(timelineDataPrefix(timeline), undefined, 1);
    if (page.objects.length > 0) return { id, isReleased: false };
  }
  return { id, isReleased: true };
}

export function logContext(options: LookOptions, lineage: string): LogContext {
  const { store, clock, random, logger, broker } = options;
  return { store, clock, random, hlc: new HybridClock(clock), logger, lineage, broker };
}
