import type { LocatedBatch } from '../log/index.ts';
import type { OffsetRange } from './log-loader.ts';
import type { PartitionError } from './partition-error.ts';
import type { PartitionLog } from './partition-log.ts';
import type { PartitionContext } from './ports.ts';

export interface ReadOptions {
  readonly offset: number;
  /** Upper bound of what is returned, unless `minOneBatch` asks for more. */
  readonly maxBytes: number;
  /** At least one batch, even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
}

export type ReadOutcome =
  /** Whole batches, the first of which holds the offset; none if nothing is committed at or above it. */
  | { readonly kind: 'batches'; readonly batches: readonly Buffer[]; readonly sizeBytes: number }
  /** The same, for batches that have to be fetched from the bucket; nothing is fetched before `load` is called. */
  | { readonly kind: 'cold'; readonly sizeBytes: number; readonly load: () => Promise<readonly Buffer[]> }
  /** Above the log end counts only with proof that this broker still leads (rule 18); below the log start always. */
  | { readonly kind: 'out-of-range'; readonly side: 'below-start' | 'above-end' }
  /** The offset was committed and its object is gone. */
  | { readonly kind: 'lost'; readonly range: OffsetRange }
  | { readonly kind: 'closed'; readonly error: PartitionError };

/** What a reader that catches up will want next. */
const READ_AHEAD_BYTES = 2 * 1024 * 1024;
const NOTHING: ReadOutcome = { kind: 'batches', batches: [], sizeBytes: 0 };
const BELOW_START: ReadOutcome = { kind: 'out-of-range', side: 'below-start' };
const ABOVE_END: ReadOutcome = { kind: 'out-of-range', side: 'above-end' };

/** Reads committed batches of `log` from its tail in memory, or says how to fetch them from the bucket. */
export function readLog(log: PartitionLog, context: PartitionContext, options: ReadOptions): ReadOutcome {
  const { offset } = options;
  if (log.closed !== undefined) return { kind: 'closed', error: log.closed };
  if (offset < log.logStartOffset) return BELOW_START;
  if (offset > log.logEndOffset) return ABOVE_END;
  if (offset >= log.highWatermark) return NOTHING;
  let end = log.batches.committedEnd;
  for (const range of log.anomalies.lost) {
    if (offset >= range.from && offset < range.to) return { kind: 'lost', range };
    // What lies behind a loss is read by who asks for it: an answer across it would hide it.
    if (offset < range.from) end = Math.min(end, log.batches.find(range.from));
  }
  const first = log.batches.find(offset);
  if (log.tail.get(first) !== undefined) return readTail(log, first, end, options);
  return readCold(log, context, first, end, options);
}

function readTail(log: PartitionLog, first: number, end: number, options: ReadOptions): ReadOutcome {
  const batches: Buffer[] = [];
  let sizeBytes = 0;
  for (let ordinal = first; ordinal < end; ordinal++) {
    const batch = log.tail.get(ordinal) as Buffer;
    if (sizeBytes + batch.length > options.maxBytes && !(options.minOneBatch && batches.length === 0)) break;
    batches.push(batch);
    sizeBytes += batch.length;
  }
  return { kind: 'batches', batches, sizeBytes };
}

function readCold(
  log: PartitionLog,
  context: PartitionContext,
  first: number,
  end: number,
  options: ReadOptions,
): ReadOutcome {
  const { batches } = log;
  const behind = first + (options.minOneBatch ? 1 : 0);
  let sizeBytes = 0;
  let ordinal = first;
  while (ordinal < end && log.tail.get(ordinal) === undefined) {
    const length = batches.sizeOf(ordinal);
    if (ordinal >= behind && sizeBytes + length > options.maxBytes) break;
    sizeBytes += length;
    ordinal++;
  }
  const next = ordinal;
  if (next === first) return NOTHING;
  const load = (): Promise<readonly Buffer[]> => {
    const { cold } = context;
    const reading = cold.read(locationsOf(log, context, first, next));
    // Whoever takes all that it may comes back for more at once.
    cold.prefetch(locationsOf(log, context, next, aheadOf(log, next, end)));
    return reading;
  };
  return { kind: 'cold', sizeBytes, load };
}

/** The ordinal up to which batches behind `from` are fetched ahead of being asked for. */
function aheadOf(log: PartitionLog, from: number, end: number): number {
  let sizeBytes = 0;
  let ordinal = from;
  while (ordinal < end && sizeBytes < READ_AHEAD_BYTES && log.tail.get(ordinal) === undefined) {
    sizeBytes += log.batches.sizeOf(ordinal);
    ordinal++;
  }
  return ordinal;
}

function locationsOf(log: PartitionLog, { streams }: PartitionContext, from: number, to: number): LocatedBatch[] {
  const { batches } = log;
  const locations: LocatedBatch[] = [];
  for (let ordinal = from; ordinal < to; ordinal++) {
    locations.push({
      stream: streams.stream(batches.streamRef(ordinal)),
      slot: batches.slot(ordinal),
      position: batches.position(ordinal),
      length: batches.sizeOf(ordinal),
      baseOffset: batches.baseOffset(ordinal),
      leaderEpoch: batches.leaderEpoch(ordinal),
    });
  }
  return locations;
}

/** Committed bytes from `offset` on, counted up to `enough`. */
export function committedBytesFrom(log: PartitionLog, offset: number, enough: number): number {
  const { batches } = log;
  let sizeBytes = 0;
  const first = batches.find(offset);
  for (let ordinal = first; ordinal < batches.committedEnd && sizeBytes < enough; ordinal++) {
    sizeBytes += batches.sizeOf(ordinal);
  }
  return sizeBytes;
}
