import { slotKey } from '../../log/index.ts';
import type { LogContext, StreamId, StreamLine } from '../../log/index.ts';
import type { Inventory, ListedStream } from './inventory.ts';
import { tryReadSlot } from './read-ahead.ts';

/** The epochs of a line: all from its first to the newest belong to the history, since claims are dense and are never deleted. */
export interface LineEpochs {
  readonly newest: number;
  /** Of every epoch, an empty one if nothing was listed. Ascending. */
  readonly streams: readonly ListedStream[];
  /** Objects of epochs that nobody claimed. */
  readonly aliens: readonly ListedStream[];
}

/** `first`: where the line begins, 1 unless its timeline was forked. `known`: the highest epoch that is mentioned; 0 = none. */
export async function epochsOf(
  context: LogContext,
  { streams }: Inventory,
  line: StreamLine,
  known: number,
  first = 1,
): Promise<LineEpochs> {
  const listed = new Map(
    streams.filter(({ stream }) => isOfLine(stream, line)).map((found) => [found.stream.epoch, found] as const),
  );
  let newest = Math.max(known, first - 1);
  for (const [epoch, { slots }] of listed) if (slots[0] === 0) newest = Math.max(newest, epoch);
  const next = listed.get(newest + 1);
  // The newest epoch may have lost its claim: what it holds says whose it is.
  if (next !== undefined && (await holdsOwnSlot(context, next))) newest += 1;
  const all = Array.from({ length: newest - first + 1 }, (_, index) => ({ ...line, epoch: first + index }));
  return {
    newest,
    streams: all.map((stream) => listed.get(stream.epoch) ?? { stream, slots: [], sizes: [] }),
    aliens: [...listed.values()].filter(({ stream }) => stream.epoch > newest || stream.epoch < first),
  };
}

async function holdsOwnSlot(context: LogContext, { stream, slots, sizes }: ListedStream): Promise<boolean> {
  const reading = await tryReadSlot(context, stream, slots[0] ?? 0, 'tails', sizes[0] ?? 0);
  return reading.kind === 'slot';
}

function isOfLine(stream: StreamId, line: StreamLine): boolean {
  return stream.log === line.log && stream.timeline === line.timeline && stream.broker === line.broker;
}

/** Name of a stream's first listed object, for reports. */
export function firstKey({ stream, slots }: ListedStream): string {
  return slotKey(stream, slots[0] ?? 0);
}
