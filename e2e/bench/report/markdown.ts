import type { RawLimit } from '../measure/raw-limits.ts';
import type { Row } from './row.ts';
import { countedRounds } from './quiet.ts';
import { spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';

export interface Report {
  readonly startedAt: string;
  readonly machine: Readonly<Record<string, string>>;
  /** What each peer's acknowledgement promises. */
  readonly guarantees: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  /** Taken once per suite, so that every figure has the machine's own beside it. */
  readonly rawLimits: readonly { readonly suite: string; readonly limits: readonly RawLimit[] }[];
}

/** The whole report as Markdown: cells are min / median / max over the rounds, or the one value. */
export function markdown(report: Report): string {
  const facts = [...Object.entries(report.machine), ['started', report.startedAt] as const];
  const sections = [
    '# Benchmark',
    facts.map(([name, value]) => `${name}: ${value}`).join(' · '),
    'Cells: min / median / max over the rounds. MB = 10^6 bytes of record values. CPU: of the broker process, all threads.',
    'other %: CPU of everything that is neither broker nor client, of one core. A row shows its rounds with at most 30 % if there are two; else all, marked BUSY: do not compare those.',
    ...Object.entries(report.guarantees).map(([peer, guarantee]) => `- ${peer}: ${guarantee}`),
  ];
  const suites = [...new Set(report.rows.map(({ suite }) => suite))];
  for (const suite of suites) {
    sections.push(`\n## ${suite}`, suiteTable(report.rows.filter((row) => row.suite === suite)));
    for (const { limits } of report.rawLimits.filter((raw) => raw.suite === suite)) {
      sections.push(`\nThe machine itself in the same minute:`, rawTable(limits));
    }
  }
  return `${sections.join('\n')}\n`;
}

function suiteTable(rows: readonly Row[]): string {
  const figures = [...new Set(rows.flatMap(({ rounds }) => rounds.flatMap((round) => Object.keys(round))))];
  const lines = rows.map((row) => {
    const { rounds, busy } = countedRounds(row.rounds);
    const spreads = spreadOf(rounds);
    const cells = figures.map((name) => cell(spreads[name]));
    const counted = `${rounds.length} of ${row.rounds.length}${busy ? ' BUSY' : ''}`;
    return [row.case, row.peer, row.tool, counted, ...cells];
  });
  const commands = rows.map(({ case: name, peer, tool, command }) => `- ${name}, ${peer}, ${tool}: \`${command}\``);
  return `${table(['case', 'broker', 'tool', 'rounds', ...figures], lines)}\n\n${commands.join('\n')}`;
}

function rawTable(limits: readonly RawLimit[]): string {
  return table(
    ['what', 'MB/s', '1/s', 'p50 ms', 'p99 ms'],
    limits.map(({ what, megabytesPerSecond, operationsPerSecond, latency }) => [
      what,
      ...[megabytesPerSecond, operationsPerSecond, latency.p50Ms, latency.p99Ms].map(short),
    ]),
  );
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}

function cell(spread: Spread | undefined): string {
  if (spread === undefined) return '-';
  const { min, median, max } = spread;
  return min === max ? short(median) : [min, median, max].map(short).join(' / ');
}

/** Three digits that count. */
function short(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(3, digits));
}
