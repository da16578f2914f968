import { sleep } from '../../edge/index.ts';
import type { Clock } from '../../edge/index.ts';
import type { MetadataPosition } from '../../meta/index.ts';
import type { PatientStore } from '../../store/index.ts';
import { HoldError } from '../boot-error.ts';
import { describeAddress, sameStore } from '../store-address.ts';
import { openCopy } from './copy-of.ts';
import type { CopyOptions } from './copy-of.ts';
import { CutReader } from './cut-reader.ts';
import type { CutReading } from './cut-reader.ts';
import { tellHolder } from './tell-cut.ts';

const POLL_MS = 1_000;

export interface BarrierOptions {
  /** How long to wait for the copy, in milliseconds. */
  readonly timeoutMs: number;
  readonly onWait?: (reading: CutReading) => void;
}

/** Where a primary that was stopped in good order ends: nothing follows, and a copy that reaches it holds everything. */
export interface Barrier {
  readonly timeline: string;
  readonly metadata: MetadataPosition;
}

/**
 * The barrier of a primary that has been stopped cleanly: all its streams and its metadata log are sealed. Rejects with
 * HoldError PRIMARY_NOT_STOPPED, or PRIMARY_UNKNOWN if the store that the timeline is written in is not among `others`, or away.
 */
export async function readBarrier(options: CopyOptions): Promise<Barrier> {
  const { context, tree, timeline, untold } = await openCopy(options);
  const primary = options.others.find(({ address }) => sameStore(address, timeline.store));
  if (primary === undefined || untold.includes(primary.description)) {
    const why = primary === undefined ? 'is not configured' : 'does not answer';
    throw new HoldError(
      'PRIMARY_UNKNOWN',
      `timeline ${timeline.timeline} is written in ${describeAddress(timeline.store)}, which ${why}`,
      {
        remedy: 'A switchover without loss reads both stores. If the primary is gone, use "chronik promote".',
      },
    );
  }
  const reading = await readWhole(context, primary, tree.ancestry(timeline.timeline));
  const [log, ...open] = reading.logs;
  const isSealed = log?.hole?.from === 0 && log.hole.to === undefined && log.hole.damage === undefined;
  if (reading.cut === undefined || !isSealed || open.length > 0) {
    throw new HoldError(
      'PRIMARY_NOT_STOPPED',
      `the primary ${primary.description} was not stopped in good order: ${tellHolder(reading)}`,
      {
        remedy:
          'Stop its broker with SIGTERM and let it finish; that drains it and writes the barrier. Then try again.',
      },
    );
  }
  return { timeline: timeline.timeline, metadata: reading.cut.metadata };
}

function readWhole(
  context: ConstructorParameters<typeof CutReader>[0],
  store: PatientStore,
  ancestry: ConstructorParameters<typeof CutReader>[1],
): Promise<CutReading> {
  return new CutReader({ ...context, store }, ancestry).read();
}

/** Resolves once the copy holds everything up to the barrier. Rejects with HoldError BARRIER_NOT_REACHED after the time-out. */
export async function awaitBarrier(options: CopyOptions, barrier: Barrier, wait: BarrierOptions): Promise<void> {
  const { context, tree } = await openCopy(options);
  const reader = new CutReader(context, tree.ancestry(barrier.timeline));
  const untilMs = options.clock.monotonicMs() + wait.timeoutMs;
  for (;;) {
    const reading = await reader.read();
    if (isReached(reading, barrier)) return;
    if (options.clock.monotonicMs() >= untilMs) {
      throw new HoldError('BARRIER_NOT_REACHED', `the copy does not hold everything yet: ${tellHolder(reading)}`, {
        remedy: 'Nothing was changed: wait and run it again, or start the old broker again.',
      });
    }
    wait.onWait?.(reading);
    await pause(options.clock);
  }
}

function isReached({ cut, logs }: CutReading, { metadata }: Barrier): boolean {
  return cut?.metadata.epoch === metadata.epoch && cut.metadata.slot === metadata.slot && logs.length === 1;
}

async function pause(clock: Clock): Promise<void> {
  await sleep(clock, POLL_MS);
}
