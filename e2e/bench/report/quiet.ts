import type { Figures } from './spread.ts';

/** CPU of everything that was neither broker nor client, in percent of one core. */
export const OTHER = 'other %';
/** Above this a round was disturbed. */
const QUIET_PERCENT = 30;
const ENOUGH_ROUNDS = 2;

/** The rounds that a row shows. */
export interface Counted {
  readonly rounds: readonly Figures[];
  /** Others used the machine: not to be compared with other rows. */
  readonly busy: boolean;
}

/** The quiet rounds if there are two (or no more were asked for); otherwise all of them, marked. Never chosen by their results. */
export function countedRounds(rounds: readonly Figures[]): Counted {
  const quiet = rounds.filter((round) => (round[OTHER] ?? 0) <= QUIET_PERCENT);
  return quiet.length >= Math.min(ENOUGH_ROUNDS, rounds.length)
    ? { rounds: quiet, busy: false }
    : { rounds, busy: true };
}
