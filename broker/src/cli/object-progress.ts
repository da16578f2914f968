import { systemClock } from '../edge/index.ts';
import type { ExamineProgress } from '../recovery/index.ts';
import { grouped } from './table.ts';

const EVERY_MS = 100;
const BAR_CELLS = 30;
const CLEAR_LINE = '\r\u001B[K';

/** How far a reading of the bucket has come, on one line of a terminal; nothing if standard error is none. */
export class ObjectProgress {
  readonly #isShown = process.stderr.isTTY;
  #lastMs = Number.NEGATIVE_INFINITY;

  show(progress: ExamineProgress): void {
    if (!this.#isShown) return;
    const nowMs = systemClock.monotonicMs();
    if (nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    process.stderr.write(`${CLEAR_LINE}${lineOf(progress)}`);
  }

  /** Clears the line: what follows stands in its place. */
  end(): void {
    if (this.#isShown) process.stderr.write(CLEAR_LINE);
  }
}

function lineOf({ objects, total }: ExamineProgress): string {
  if (total === undefined) return `listing  ${grouped(objects)} objects`;
  const share = total === 0 ? 1 : objects / total;
  const cells = Math.round(share * BAR_CELLS);
  const bar = `${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}`;
  return `reading  [${bar}] ${Math.floor(share * 100)} %  ${grouped(objects)} of ${grouped(total)} objects`;
}
