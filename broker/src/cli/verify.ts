import type { Environment } from '../config/index.ts';
import { ChronikError, systemClock, systemRandom } from '../edge/index.ts';
import { PROBLEM_CLASSES, examineBucket } from '../recovery/index.ts';
import type { Examination, Problem } from '../recovery/index.ts';
import type { PatientStore } from '../store/index.ts';
import { ExitCode, exitCodeOf } from './fatal.ts';
import { ObjectProgress } from './object-progress.ts';
import { openBucket } from './open-bucket.ts';
import { formatPairs, formatTable } from './table.ts';

export interface VerifyOptions {
  readonly deep: boolean;
  readonly json: boolean;
  /** Name of the store; undefined = the primary. */
  readonly store: string | undefined;
}

/** Exit codes of `chronik verify`; also in docs/operations.md. */
export const VerifyExit = { clean: 0, problems: 1, usage: ExitCode.usage, notChecked: 3 } as const;

/** Problems of one class that are listed for people; `--json` lists all. */
const SHOWN_PER_CLASS = 50;

/**
 * `chronik verify`: says whether the bucket holds all that it should, from the bucket alone. Answers the exit code; rejects with
 * what kept it from checking.
 */
export async function runVerify(environment: Environment, options: VerifyOptions): Promise<number> {
  const store = await openBucket(environment, options.store);
  const progress = new ObjectProgress();
  try {
    const examination = await examineBucket({
      store,
      clock: systemClock,
      random: systemRandom,
      deep: options.deep,
      onProgress: (state) => progress.show(state),
    });
    progress.end();
    const text = options.json ? inJson(store, examination, options) : inWords(store, examination, options);
    process.stdout.write(text);
    return examination.problems.length === 0 ? VerifyExit.clean : VerifyExit.problems;
  } finally {
    progress.end();
    await store.close();
  }
}

/** The exit code when a command that reads the bucket could not do so. */
export function unreadExitCode(error: unknown): number {
  return error instanceof ChronikError && exitCodeOf(error) === ExitCode.usage
    ? VerifyExit.usage
    : VerifyExit.notChecked;
}

function countByClass(problems: readonly Problem[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    PROBLEM_CLASSES.map((name) => [name, problems.filter((problem) => problem.class === name).length]),
  );
}

interface Totals {
  readonly topics: number;
  readonly partitions: number;
  readonly streams: number;
  readonly slots: number;
  readonly batches: number;
  readonly records: number | undefined;
}

function totalsOf({ history }: Examination): Totals | undefined {
  if (history === undefined) return undefined;
  const { metadata, data, partitions } = history;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    topics: metadata.image.topicCount,
    partitions: metadata.image.partitionCount,
    streams: data.streams.length,
    slots: sum(data.streams.map(({ slots }) => slots)),
    batches: sum(data.streams.map(({ batches }) => batches)),
    records: partitions && sum(partitions.map(({ records }) => records)),
  };
}

function inJson(store: PatientStore, examination: Examination, { deep }: VerifyOptions): string {
  const { problems, remarks, identity, inventory } = examination;
  const document = {
    store: store.description,
    lineage: identity?.lineage,
    timeline: identity?.timeline,
    level: deep ? 'deep' : 'tails',
    clean: problems.length === 0,
    counts: countByClass(problems),
    problems,
    remarks,
    objects: inventory.counts,
    ...totalsOf(examination),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function inWords(store: PatientStore, examination: Examination, { deep }: VerifyOptions): string {
  const { problems, remarks, identity, inventory } = examination;
  const totals = totalsOf(examination);
  const level = deep
    ? 'deep: every byte, every batch'
    : 'tails: every object, its chain and its footer (--deep reads all)';
  const head = formatPairs([
    ['bucket', store.description],
    ['lineage', identity?.lineage ?? 'unknown'],
    ['timeline', identity?.timeline ?? 'unknown'],
    ['level', level],
    ...Object.entries(totals ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  ]);
  const objects = Object.entries(inventory.counts).filter(([, count]) => count.objects > 0);
  const held = formatTable(
    [{ title: 'objects' }, { title: 'number', isNumber: true }, { title: 'bytes', isNumber: true }],
    objects.map(([kind, count]) => [kind, count.objects, count.bytes]),
  );
  return [head, held, ...tellProblems(problems), remarks.map((remark) => `${remark}\n`).join(''), verdict(problems)]
    .filter((part) => part !== '')
    .join('\n');
}

function tellProblems(problems: readonly Problem[]): readonly string[] {
  if (problems.length === 0) return [];
  const shown = PROBLEM_CLASSES.flatMap((name) => {
    const ofClass = problems.filter((problem) => problem.class === name);
    const rows = ofClass.slice(0, SHOWN_PER_CLASS).map(({ what, detail }) => [name, what, detail]);
    const more = ofClass.length - rows.length;
    return more === 0 ? rows : [...rows, [name, `... and ${more} more`, '--json lists them all']];
  });
  return [formatTable([{ title: 'problem' }, { title: 'where' }, { title: 'what is wrong' }], shown)];
}

function verdict(problems: readonly Problem[]): string {
  if (problems.length === 0) return 'clean: nothing is wrong\n';
  const counts = Object.entries(countByClass(problems)).filter(([, count]) => count > 0);
  return `${problems.length} problems: ${counts.map(([name, count]) => `${count} ${name}`).join(', ')}\n`;
}
