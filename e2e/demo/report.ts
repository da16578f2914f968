const COLOUR = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

function paint(code: number, text: string): string {
  return COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text;
}

export const bold = (text: string): string => paint(1, text);
export const dim = (text: string): string => paint(2, text);
export const green = (text: string): string => paint(32, text);
export const red = (text: string): string => paint(31, text);

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const TEXT_WIDTH = 70;

/** Says what is going on while `work` runs, then that it is done, with its time. `describe` turns the result into the line. */
export async function step<Result>(
  doing: string,
  work: () => Promise<Result>,
  describe: (result: Result) => string = () => doing,
): Promise<Result> {
  if (COLOUR) process.stdout.write(`  ${dim('…')} ${doing}`);
  const startedAt = performance.now();
  const result = await work();
  const took = seconds(performance.now() - startedAt);
  if (COLOUR) process.stdout.write('\r\u001b[K');
  console.log(`  ${green('✔')} ${describe(result).padEnd(TEXT_WIDTH)} ${dim(took.padStart(8))}`);
  return result;
}

export interface Comparison {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly differences: readonly string[];
}

/** Prints the table of what was compared; true if nothing differs. */
export function printComparisons(comparisons: readonly Comparison[]): boolean {
  console.log(`\n  ${bold('compared'.padEnd(34))}${bold('before'.padStart(16))}${bold('after'.padStart(16))}`);
  for (const { what, before, after, differences } of comparisons) {
    const verdict = differences.length === 0 ? green('identical') : red(`${differences.length} differ`);
    console.log(`  ${what.padEnd(34)}${before.padStart(16)}${after.padStart(16)}   ${verdict}`);
    for (const difference of differences.slice(0, 5)) console.log(`    ${red(difference)}`);
  }
  return comparisons.every((comparison) => comparison.differences.length === 0);
}
