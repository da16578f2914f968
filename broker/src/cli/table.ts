/** A column of a table: its title, and whether it holds numbers, which stand to the right. */
export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** Rows under titles, columns two spaces apart; for people, so numbers have their thousands apart. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? grouped(cell) : cell)));
  const widths = columns.map(({ title }, index) =>
    texts.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), title.length),
  );
  const lines = [columns.map(({ title }) => title.toUpperCase()), ...texts].map((row) =>
    row
      .map((cell, index) =>
        columns[index]?.isNumber === true ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Names and values, one a line. */
export function formatPairs(pairs: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'number' ? grouped(value) : value}\n`)
    .join('');
}

/** Whole number with its thousands apart: 1,234,567. */
export function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
