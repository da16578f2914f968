const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `60s`, `5m`, `1h` in milliseconds; the CRD admits nothing else. */
export function durationMs(text: string): number {
  const match = /^(\d+)(s|m|h)$/.exec(text);
  if (match === null) throw new TypeError(`"${text}" is no duration`);
  return Number(match[1]) * (UNITS_MS[match[2] ?? ''] ?? 0);
}
