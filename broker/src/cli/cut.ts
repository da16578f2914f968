import type { Environment } from '../config/index.ts';
import { silentLogger, systemClock, systemRandom } from '../edge/index.ts';
import { CutReader, nameOf, openCopy, readBeyond, stateOfCut, tellHole, tellHolder } from '../recovery/index.ts';
import type { Beyond, CutReading } from '../recovery/index.ts';
import { openCopyStores } from './copy-stores.ts';
import { formatPairs, formatTable } from './table.ts';

export interface CutShowOptions {
  readonly store: string | undefined;
  readonly json: boolean;
}

/** Exit codes of `chronik cut show`; also in docs/operations.md. */
const CutExit = { cut: 0, none: 1 } as const;

interface Shown {
  readonly description: string;
  /** Stores that may know a newer timeline, and could not be read. */
  readonly untold: readonly string[];
  readonly reading: CutReading;
  readonly ageMs: number | undefined;
  readonly beyond: Beyond | undefined;
}

/** `chronik cut show`: which consistent state a copy allows, and what holds it back. Answers the exit code. */
export async function runCutShow(environment: Environment, options: CutShowOptions): Promise<number> {
  const stores = await openCopyStores(environment, options.store);
  const { store, others } = stores;
  try {
    const copy = await openCopy({
      store,
      others,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      broker: 0,
    });
    const { context, tree, timeline } = copy;
    const reader = new CutReader(context, tree.ancestry(timeline.timeline));
    const reading = await reader.read();
    const { cut } = reading;
    const state = cut && (await stateOfCut(copy, reader, cut));
    const beyond = state && (await readBeyond(context, timeline.timeline, state.cut, state.image));
    const ageMs = cut && Math.max(0, systemClock.nowMs() - cut.hlc.ms);
    const untold = [...copy.untold, ...stores.unopened];
    const shown = { description: store.description, untold, reading, ageMs, beyond };
    process.stdout.write(options.json ? inJson(shown) : inWords(shown));
    return cut === undefined ? CutExit.none : CutExit.cut;
  } finally {
    await stores.close();
  }
}

function inJson({ description, untold, reading, ageMs, beyond }: Shown): string {
  const { lineage, timeline, cut, logs } = reading;
  const document = {
    store: description,
    lineage,
    timeline,
    cut: cut && { time: isoTime(cut.hlc.ms), hlc: cut.hlc, ageMs, metadata: cut.metadata },
    heldBackBy: tellHolder(reading),
    logs: logs.map((log) => ({
      log: nameOf(log, timeline),
      through: log.through ?? null,
      reaches: log.hlc === undefined ? null : isoTime(log.hlc.ms),
      hole:
        log.hole === undefined
          ? null
          : { from: log.hole.from, to: log.hole.to ?? null, damage: log.hole.damage ?? null },
    })),
    beyond,
    untoldStores: untold,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function inWords({ description, untold, reading, ageMs, beyond }: Shown): string {
  const { lineage, timeline, cut, logs } = reading;
  const head = formatPairs([
    ['copy', description],
    ['lineage', lineage],
    ['timeline', timeline],
    ['cut', cut === undefined ? 'none yet' : `${isoTime(cut.hlc.ms)}, ${((ageMs ?? 0) / 1000).toFixed(1)} s ago`],
    ...(cut === undefined ? [] : [['metadata', `epoch ${cut.metadata.epoch}, slot ${cut.metadata.slot}`] as const]),
    ['held back', tellHolder(reading)],
    ...(untold.length === 0
      ? []
      : [['not asked', `${untold.join(', ')}: cannot be read, may know a newer timeline`] as const]),
  ]);
  const rows = logs.map((log) => [
    nameOf(log, timeline),
    log.through ?? '-',
    log.hlc === undefined ? '-' : isoTime(log.hlc.ms),
    log.hole === undefined ? '' : tellHole(log.hole),
  ]);
  const columns = [
    { title: 'log' },
    { title: 'through slot', isNumber: true },
    { title: 'reaches' },
    { title: 'then' },
  ];
  return [head, formatTable(columns, rows), ...(beyond === undefined ? [] : tellBeyond(beyond))].join('\n');
}

/** What lies behind the cut already: it comes into it when the gaps are filled. */
export function tellBeyond({ slots, metadataSlots, partitions, unreadable }: Beyond): readonly string[] {
  if (slots + metadataSlots + unreadable === 0) return ['nothing lies beyond the cut\n'];
  const rows = partitions.map(({ topic, topicId, partition, records, bytes, firstOffset, lastOffset }) => [
    `${topic ?? topicId}-${partition}`,
    records,
    bytes,
    `${firstOffset}..${lastOffset}`,
  ]);
  const columns = [
    { title: 'beyond the cut' },
    { title: 'records', isNumber: true },
    { title: 'bytes', isNumber: true },
    { title: 'offsets' },
  ];
  const counts = `${slots} slots with records, ${metadataSlots} of metadata${unreadable === 0 ? '' : `, ${unreadable} that cannot be read`}`;
  return [...(rows.length === 0 ? [] : [formatTable(columns, rows)]), `beyond the cut: ${counts}\n`];
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
