/** The metrics of a broker by name, those without labels. */
export async function scrape(httpPort: number): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/metrics`);
  const lines = (await response.text()).split('\n');
  const values = lines.flatMap((line): readonly (readonly [string, number])[] => {
    const match = /^([a-z_]+) (\S+)$/.exec(line);
    return match === null ? [] : [[match[1] ?? '', Number(match[2])]];
  });
  return new Map(values);
}

/** Reads the metrics until `holds`; rejects with `what` if that does not come to be within 30 s. */
export async function scrapeUntil(
  httpPort: number,
  what: string,
  holds: (metrics: ReadonlyMap<string, number>) => boolean,
): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  for (;;) {
    const metrics = await scrape(httpPort);
    if (holds(metrics)) return;
    if (performance.now() > deadlineMs) {
      const shown = [...metrics]
        .filter(([name]) => name.startsWith('chronik_'))
        .map(([name, value]) => `${name} ${value}`);
      throw new Error(`${what} did not come to be\n${shown.join('\n')}`);
    }
  }
}
