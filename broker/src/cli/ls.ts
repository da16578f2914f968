import type { Environment } from '../config/index.ts';
import { ChronikError, systemClock, systemRandom } from '../edge/index.ts';
import { OFFSETS_TOPIC, examineBucket, readGroups } from '../recovery/index.ts';
import type { Examination, ExaminedHistory } from '../recovery/index.ts';
import type { PatientStore } from '../store/index.ts';
import { listGroups, listPartitions, listSnapshots, listStreams, listTopics, summarise } from './ls-tables.ts';
import type { Listing } from './ls-tables.ts';
import { ObjectProgress } from './object-progress.ts';
import { openBucket } from './open-bucket.ts';
import { formatTable } from './table.ts';

export const LS_SUBJECTS = ['topics', 'partitions', 'streams', 'snapshots', 'groups'] as const;
export type LsSubject = (typeof LS_SUBJECTS)[number];

export interface LsOptions {
  /** Undefined: a summary of everything. */
  readonly subject: LsSubject | undefined;
  readonly json: boolean;
  /** Name of the store; undefined = the primary. */
  readonly store: string | undefined;
}

/** `chronik ls`: what the bucket holds, from the bucket alone. Rejects if it cannot be read. */
export async function runLs(environment: Environment, options: LsOptions): Promise<void> {
  const store = await openBucket(environment, options.store);
  const progress = new ObjectProgress();
  try {
    const examination = await examineBucket({
      store,
      clock: systemClock,
      random: systemRandom,
      deep: false,
      placesOf: OFFSETS_TOPIC,
      onProgress: (state) => progress.show(state),
    });
    const listing = await listingOf(store, examination, options.subject);
    progress.end();
    process.stdout.write(options.json ? inJson(listing) : formatTable(listing.columns, listing.rows));
    warnOfProblems(examination);
  } finally {
    progress.end();
    await store.close();
  }
}

async function listingOf(
  store: PatientStore,
  examination: Examination,
  subject: LsSubject | undefined,
): Promise<Listing> {
  const { history } = examination;
  if (history === undefined) {
    const why = examination.problems.map(({ what, detail }) => `${what}: ${detail}`).join('; ');
    throw new ChronikError('BUCKET_UNREADABLE', `${store.description} cannot be listed: ${why}`, {
      remedy: 'Put the object back from a copy of the bucket.',
    });
  }
  switch (subject) {
    case 'topics':
      return listTopics(history);
    case 'partitions':
      return listPartitions(history);
    case 'streams':
      return listStreams(history);
    case 'snapshots':
      return listSnapshots(history);
    case 'groups':
      return listGroups(history, await readGroups(store, groupsOf(history)));
    case undefined:
      return summarise(history, await readGroups(store, groupsOf(history)));
  }
}

function groupsOf({ metadata, ledger }: ExaminedHistory): Parameters<typeof readGroups>[1] {
  return { image: metadata.image, ledger };
}

/** Objects with the columns' names; numbers stay numbers. */
function inJson({ columns, rows }: Listing): string {
  const names = columns.map(({ title }) => title.replaceAll(/ (\w)/g, (_, letter: string) => letter.toUpperCase()));
  const objects = rows.map((row) => Object.fromEntries(row.map((cell, index) => [names[index] ?? '', cell])));
  return `${JSON.stringify(objects, null, 2)}\n`;
}

function warnOfProblems({ problems }: Examination): void {
  if (problems.length === 0) return;
  process.stderr.write(`chronik: ${problems.length} problems were met; "chronik verify" lists them\n`);
}
