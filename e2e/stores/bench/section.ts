export interface Figures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly cpuSecondsPerGb: number;
}

/** One thing measured on both sides. */
export interface Cell {
  readonly operation: 'put' | 'get';
  readonly sizeBytes: number;
  readonly concurrency: number;
  readonly raw: Figures;
  readonly ours: Figures;
}

const TITLE = '## Stores';
const SIZES: Readonly<Record<number, string>> = { 4096: '4 KiB', 1_048_576: '1 MiB', 8_388_608: '8 MiB' };

/** The section of docs/benchmarks.md about stores, with its title. */
export function storesSection(
  tables: readonly (readonly [string, readonly Cell[]])[],
  machine: string,
  date: string,
): string {
  const head = `${TITLE}

\`make bench-stores\`, ${date}: requests through each provider's SDK as its documentation shows it ("SDK"), and through the adapters of
Chronik ("ours"), which create only if the name is free, send and compare checksums, and repeat what failed. Turn by turn for
0.4 s, twice, client and server on one machine (${machine}) that others used at the same time: single figures are
off by half and more, and the servers are emulators, not clouds. CPU is that of the client, per 10⁹ bytes of bodies; at 4 KiB it is the
cost of requests, not of bytes. Azure keeps an MD5 with a blob, and making it is what our PUTs there cost more.
`;
  return [head, ...tables.map(([server, cells]) => `### ${server}\n\n${table(cells)}`)].join('\n');
}

/** `page` with its section "Stores" replaced, or with the section at its end. */
export function withSection(page: string, section: string): string {
  const start = page.startsWith(`${TITLE}\n`) ? 0 : page.indexOf(`\n${TITLE}\n`) + 1;
  if (start === 0 && !page.startsWith(TITLE)) return `${page.trimEnd()}\n\n${section}`;
  const next = page.indexOf('\n## ', start + TITLE.length);
  const rest = next === -1 ? '' : page.slice(next);
  return `${page.slice(0, start)}${section.trimEnd()}\n${rest}`;
}

function table(cells: readonly Cell[]): string {
  const rows = cells.map(({ operation, sizeBytes, concurrency, raw, ours }) =>
    [
      operation,
      SIZES[sizeBytes] ?? `${sizeBytes}`,
      concurrency,
      raw.requestsPerSecond.toFixed(0),
      ours.requestsPerSecond.toFixed(0),
      `${((ours.requestsPerSecond / raw.requestsPerSecond) * 100).toFixed(0)} %`,
      raw.p50Ms.toFixed(1),
      ours.p50Ms.toFixed(1),
      raw.cpuSecondsPerGb.toFixed(1),
      ours.cpuSecondsPerGb.toFixed(1),
    ].join(' | '),
  );
  const titles = [
    '',
    'body',
    'at once',
    'SDK /s',
    'ours /s',
    'ours of SDK',
    'SDK p50 ms',
    'ours p50 ms',
    'SDK CPU s/GB',
    'ours CPU s/GB',
  ];
  const line = `| --- | --- ${'| ---: '.repeat(titles.length - 2)}|`;
  return `| ${titles.join(' | ')} |\n${line}\n${rows.map((row) => `| ${row} |\n`).join('')}`;
}
