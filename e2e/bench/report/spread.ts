/** One figure over several rounds. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Figures of one round by name; a name ends in its unit. */
export type Figures = Readonly<Record<string, number>>;

/** Spread of every figure; one that a round lacks is taken from the others. */
export function spreadOf(rounds: readonly Figures[]): Readonly<Record<string, Spread>> {
  const names = [...new Set(rounds.flatMap((round) => Object.keys(round)))];
  return Object.fromEntries(names.map((name) => [name, spread(rounds.flatMap((round) => round[name] ?? []))]));
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  const median = Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + upper) / 2 : upper;
  return { min: sorted[0] ?? 0, median, max: sorted.at(-1) ?? 0 };
}
