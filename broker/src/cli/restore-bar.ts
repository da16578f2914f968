import type { Clock } from '../edge/index.ts';
import type { PhaseProgress } from '../recovery/index.ts';
import { grouped } from './table.ts';

/** The part of a terminal that a bar needs. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const EVERY_MS = 100;
/** A restore that is over before needs no bar. */
const PATIENCE_MS = 500;
const BAR_CELLS = 30;
const CLEAR_LINE = '\r\u001B[K';

/** How far a restore has come, on one line of a terminal; nothing where there is none. Log lines make it go for a moment. */
export class RestoreBar {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #isDrawn = false;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
  }

  get isShown(): boolean {
    return this.#terminal.isTTY === true;
  }

  show(progress: PhaseProgress): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.isShown || nowMs - this.#startedMs < PATIENCE_MS || nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#isDrawn = true;
    this.#terminal.write(`${CLEAR_LINE}${restoreLine(progress)}`);
  }

  /** Makes room for a line of text, or for what follows the restore. */
  clear(): void {
    if (this.#isDrawn) this.#terminal.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}

/** e.g. `restoring  walk      [######........................] 20 %  4,000 of 20,000 slots, 3 s left` */
export function restoreLine({ phase, done, total, unit, leftMs }: PhaseProgress): string {
  const name = `restoring  ${phase.padEnd(9)}`;
  if (total === undefined || total === 0) return `${name} ${grouped(done)} ${unit}`;
  const share = Math.min(1, done / total);
  const cells = Math.floor(share * BAR_CELLS);
  const bar = `${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}`;
  const left = leftMs === undefined ? '' : `, ${grouped(Math.ceil(leftMs / 1000))} s left`;
  return `${name} [${bar}] ${Math.floor(share * 100)} %  ${grouped(done)} of ${grouped(total)} ${unit}${left}`;
}
