import type { Disk } from '../edge/index.ts';
import type { MetadataReport } from '../meta/index.ts';
import type { LoadReport } from '../partition/index.ts';
import type { BootPhase } from './progress.ts';
import { replaceFile } from './volume.ts';

/** One thing that a person should know about: what, where, and what became of it. */
export interface Anomaly {
  readonly kind:
    | 'lost-offsets'
    | 'ignored-batches'
    | 'unknown-topic-batches'
    | 'local-tail-salvaged'
    | 'local-wal-corrupt'
    | 'local-wal-missing'
    | 'snapshot-rejected'
    | 'lost-slots'
    | 'registration-lost'
    | 'dropped-changes'
    | 'leadership-restored'
    | 'offset-clamped';
  readonly what: string;
  readonly detail: string;
}

/** What a boot did; kept as `restore-report.json` in the data directory and shown by /status. */
export interface RestoreReport {
  readonly mode: 'created' | 'restored' | 'attached';
  readonly why: string;
  readonly source: string;
  readonly lineage: string;
  readonly timeline: string;
  readonly metadataEpoch: number;
  readonly dataEpoch: number;
  readonly finishedAt: string;
  readonly topics: number;
  readonly partitions: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  readonly streams: number;
  readonly slots: number;
  /** Records of the local tail that the bucket did not have yet. */
  readonly reappendedRecords: number;
  readonly salvagedRecords: number;
  readonly phasesMs: Readonly<Partial<Record<BootPhase, number>>>;
  readonly totalMs: number;
  readonly anomalies: readonly Anomaly[];
}

export const REPORT_FILE = 'restore-report.json';

export async function writeReport(disk: Disk, directory: string, report: RestoreReport): Promise<void> {
  await replaceFile(disk, directory, REPORT_FILE, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
}

export function snapshotAnomalies(report: MetadataReport): readonly Anomaly[] {
  return [
    ...report.rejectedSnapshots.map(
      ({ key, reason }) => ({ kind: 'snapshot-rejected', what: key, detail: reason }) as const,
    ),
    ...report.lostSlots.map(({ epoch, slot }) => {
      const what = `metadata epoch ${epoch} slot ${slot}`;
      return { kind: 'lost-slots', what, detail: 'marked lost: the changes in it are gone' } as const;
    }),
    ...report.dropped.map((detail) => ({ kind: 'dropped-changes', what: 'metadata', detail }) as const),
  ];
}

/** What is not in order in the partitions, range by range. */
export function loadAnomalies(report: LoadReport): readonly Anomaly[] {
  const found: Anomaly[] = [];
  for (const [what, { lost, ignoredBatches }] of report.anomalies) {
    for (const { from, to } of lost) {
      found.push({ kind: 'lost-offsets', what, detail: `offsets ${from}..${to - 1} are lost` });
    }
    if (ignoredBatches > 0) {
      found.push({
        kind: 'ignored-batches',
        what,
        detail: `${ignoredBatches} batches outside their leader's interval`,
      });
    }
  }
  if (report.unknownTopicBatches > 0) {
    const detail = `${report.unknownTopicBatches} batches of topics that were deleted`;
    found.push({ kind: 'unknown-topic-batches', what: 'wal', detail });
  }
  return found;
}
