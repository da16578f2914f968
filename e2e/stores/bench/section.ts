export interface Figures {
  /** Medians over turns. */
  readonly requestsPerSecond: number;
  readonly cpuSecondsPerGb: number;
  /** Median over requests. */
  readonly p50Ms: number;
}

/** Figures of an SDK, and the rate of ours by its, round by round. */
export interface Compared extends Figures {
  readonly ratio: { readonly rounds: number; readonly median: number; readonly quartiles: readonly [number, number] };
}

/** One thing measured on all sides. */
export interface Cell {
  readonly operation: 'put' | 'get';
  readonly sizeBytes: number;
  readonly concurrency: number;
  readonly raw: Compared;
  /** The SDK told to send and compare the checksum that ours does, where it does not do so by itself. */
  readonly checked?: Compared;
  readonly ours: Figures;
}

/** Acknowledgements of a broker beside plain PUTs, milliseconds. */
export interface AckFigures {
  readonly pairs: number;
  readonly raw: { readonly p50Ms: number; readonly p90Ms: number };
  readonly acks: { readonly p50Ms: number; readonly p90Ms: number };
}

const SIZES: Readonly<Record<number, string>> = { 4096: '4 KiB', 1_048_576: '1 MiB', 8_388_608: '8 MiB' };

/** `page` with the part under `### title` replaced. Throws if there is none: what surrounds it is written by hand. */
export function withPart(page: string, title: string, part: string): string {
  const start = page.indexOf(`\n### ${title}\n`);
  if (start === -1) throw new Error(`the page has no part "${title}"`);
  const from = start + `\n### ${title}\n`.length;
  const next = /\n##+ /.exec(page.slice(from));
  const rest = next === null ? '' : page.slice(from + next.index);
  return `${page.slice(0, from)}\n${part.trimEnd()}\n${rest}`;
}

export function requestsPart(cells: readonly Cell[], measured: string): string {
  const isChecked = cells.some(({ checked }) => checked !== undefined);
  const titles = ['', 'body', 'at once', 'SDK /s', 'ours /s', 'ours of SDK', 'half of the rounds', 'rounds'];
  const more = ['SDK p50 ms', 'ours p50 ms', 'SDK CPU s/GB', 'ours CPU s/GB'];
  const withChecksum = ['SDK with MD5 /s', 'ours of it', 'half of the rounds', 'its CPU s/GB'];
  const all = [...titles, ...more, ...(isChecked ? withChecksum : [])];
  const rows = cells.map(({ operation, sizeBytes, concurrency, raw, checked, ours }) => [
    operation,
    SIZES[sizeBytes] ?? `${sizeBytes}`,
    concurrency,
    raw.requestsPerSecond.toFixed(0),
    ours.requestsPerSecond.toFixed(0),
    ...compared(raw),
    raw.ratio.rounds,
    raw.p50Ms.toFixed(1),
    ours.p50Ms.toFixed(1),
    raw.cpuSecondsPerGb.toFixed(1),
    ours.cpuSecondsPerGb.toFixed(1),
    ...(checked === undefined
      ? []
      : [checked.requestsPerSecond.toFixed(0), ...compared(checked), checked.cpuSecondsPerGb.toFixed(1)]),
  ]);
  const line = `| --- | --- ${'| ---: '.repeat(all.length - 2)}|`;
  const table = rows.map((row) => `| ${row.join(' | ')} |\n`).join('');
  return `${measured}\n\n| ${all.join(' | ')} |\n${line}\n${table}`;
}

export function acksPart(figures: readonly (readonly [string, AckFigures])[], measured: string): string {
  const titles = ['', 'pairs', 'raw PUT p50 ms', 'p90', 'ack p50 ms', 'p90', 'allowed p50 ms'];
  const rows = figures.map(([server, { pairs, raw, acks }]) => [
    server,
    pairs,
    raw.p50Ms.toFixed(1),
    raw.p90Ms.toFixed(1),
    acks.p50Ms.toFixed(1),
    acks.p90Ms.toFixed(1),
    (raw.p50Ms * 1.15 + 5).toFixed(1),
  ]);
  const line = `| --- ${'| ---: '.repeat(titles.length - 1)}|`;
  const table = rows.map((row) => `| ${row.join(' | ')} |\n`).join('');
  return `${measured}\n\n| ${titles.join(' | ')} |\n${line}\n${table}`;
}

function compared({ ratio }: Compared): readonly [string, string] {
  return [percent(ratio.median), ratio.quartiles.map(percent).join(' to ')];
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(0)} %`;
}
