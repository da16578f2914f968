import { countedRounds } from './quiet.ts';
import type { Row } from './row.ts';
import { spreadOf } from './spread.ts';
import type { Spread } from './spread.ts';

/** Which figure of which suites makes a picture worth having. */
const PANELS = [
  { figure: 'MB/s', title: 'MB/s, more is better' },
  { figure: 'CPU s/GB', title: 'CPU seconds of the broker per GB, less is better' },
  { figure: 'p99 ms', title: 'p99 at a fixed rate in ms, less is better', suite: 'latency at a fixed rate' },
  { figure: 'first produce and fetch ms', title: 'ms from start to first produce and fetch, less is better' },
] as const;

const WIDTH = 1000;
const LABELS = 470;
const BAR = 13;
const GAP = 7;
const HEAD = 34;
const COLORS = ['#1f6feb', '#b7791f', '#718096'];
const STYLE = 'text{font:11px sans-serif;fill:#222}.title{font-weight:bold;font-size:13px}.busy{fill-opacity:.35}';

interface Bar {
  readonly label: string;
  readonly peer: string;
  readonly spread: Spread;
  readonly busy: boolean;
}

/** Bars of the medians with their spread, one panel a figure; pale where others used the machine. */
export function plot(rows: readonly Row[]): string {
  const peers = [...new Set(rows.map(({ peer }) => peer))];
  const parts: string[] = [];
  let y = 0;
  for (const panel of PANELS) {
    const suite = 'suite' in panel ? panel.suite : undefined;
    const chosen = rows.filter((row) => suite === undefined || row.suite === suite);
    const bars = chosen.flatMap((row) => barOf(row, panel.figure));
    if (bars.length === 0) continue;
    const { svg, height } = drawPanel(panel.title, bars, peers, y);
    parts.push(svg);
    y += height;
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}">`;
  return `${head}\n<style>${STYLE}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

function barOf(row: Row, figure: string): readonly Bar[] {
  const { rounds, busy } = countedRounds(row.rounds);
  const spread = spreadOf(rounds)[figure];
  if (spread === undefined) return [];
  return [{ label: `${row.case} · ${row.tool}`, peer: row.peer, spread, busy }];
}

function drawPanel(
  title: string,
  bars: readonly Bar[],
  peers: readonly string[],
  top: number,
): { readonly svg: string; readonly height: number } {
  const scale = (WIDTH - LABELS - 70) / Math.max(...bars.map(({ spread }) => spread.max));
  const lines = [text(10, top + 20, title, 'title')];
  let y = top + HEAD;
  let last: string | undefined;
  for (const { label, peer, spread, busy } of bars) {
    if (label !== last) {
      y += GAP;
      lines.push(text(10, y + BAR - 3, label));
      last = label;
    }
    const color = COLORS[peers.indexOf(peer) % COLORS.length] ?? '#000';
    const end = LABELS + spread.median * scale;
    const middle = y + BAR / 2;
    const whisker = `M${LABELS + spread.min * scale} ${middle}H${LABELS + spread.max * scale}`;
    lines.push(
      `<rect class="${busy ? 'busy' : ''}" x="${LABELS}" y="${y}" width="${end - LABELS}" height="${BAR - 2}" fill="${color}"/>`,
      `<path d="${whisker}" stroke="#222"/>`,
      text(LABELS + spread.max * scale + 5, y + BAR - 3, `${Number(spread.median.toPrecision(3))} ${peer}`),
    );
    y += BAR;
  }
  return { svg: lines.join('\n'), height: y - top + 2 * GAP };
}

function text(x: number, y: number, words: string, name = ''): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text class="${name}" x="${x}" y="${y}">${escaped}</text>`;
}
