import type { Figures } from './spread.ts';

/** All rounds of one measurement of one broker. */
export interface Row {
  readonly suite: string;
  /** What is the same for all who are compared, e.g. `1 partition, acks=1`. */
  readonly case: string;
  readonly peer: string;
  /** Which program measured. */
  readonly tool: string;
  /** The last round's command, to be run again. */
  readonly command: string;
  readonly rounds: readonly Figures[];
}
