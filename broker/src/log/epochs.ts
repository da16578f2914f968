import type { LogContext } from './context.ts';
import { linePrefix, padNumber, parseSlotKey, streamPrefix, timelineDataPrefix } from './stream-names.ts';
import type { StreamLine } from './stream-names.ts';

/** Greater than every digit, so that `{epoch}/~` comes after all slots of the epoch and before the next one. */
const AFTER_ALL = '~';

/**
 * The highest epoch of the line of which the bucket holds anything, found by skipping from epoch to epoch: one listing of one
 * key for each that is newer than `fromEpoch` (what metadata says; 0 = nothing). Never below `fromEpoch`.
 */
export async function newestEpoch(context: LogContext, line: StreamLine, fromEpoch: number): Promise<number> {
  const epochs = await listEpochs(context, line, fromEpoch);
  return epochs.at(-1) ?? fromEpoch;
}

/** The epochs of a line above `aboveEpoch` of which the bucket holds anything, ascending. */
export async function listEpochs(context: LogContext, line: StreamLine, aboveEpoch = 0): Promise<readonly number[]> {
  const epochs: number[] = [];
  let after = `${streamPrefix({ ...line, epoch: aboveEpoch })}${AFTER_ALL}`;
  for (;;) {
    const key = await firstKey(context, linePrefix(line), after);
    if (key === undefined) return epochs;
    const name = parseSlotKey(key);
    if (name === undefined) {
      // Somebody's own object between ours: not a slot, and no reason to look no further.
      after = key;
      continue;
    }
    epochs.push(name.stream.epoch);
    after = `${streamPrefix({ ...line, epoch: name.stream.epoch })}${AFTER_ALL}`;
  }
}

/** The brokers of which the bucket holds data slots of this timeline, ascending. */
export async function brokersWithStreams(context: LogContext, timeline: string): Promise<readonly number[]> {
  const brokers: number[] = [];
  const prefix = timelineDataPrefix(timeline);
  let after: string | undefined;
  for (;;) {
    const key = await firstKey(context, prefix, after);
    if (key === undefined) return brokers;
    const name = parseSlotKey(key);
    if (name !== undefined) brokers.push(name.stream.broker);
    after = name === undefined ? key : `${prefix}${padNumber(name.stream.broker)}/${AFTER_ALL}`;
  }
}

async function firstKey(context: LogContext, prefix: string, after: string | undefined): Promise<string | undefined> {
  const page = await context.store.list(prefix, after, 1);
  return page.objects[0]?.key;
}
