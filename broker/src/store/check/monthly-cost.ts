import type { StorePrices } from './prices.ts';
import { requestPrice } from './prices.ts';

const SECONDS_PER_MONTH = 30 * 86_400;
/** A stream with nothing to write looks so often whether it has been sealed (rule 18). */
const LOOKS_PER_SECOND = 0.1;

/** How a broker is set up, as far as requests depend on it. */
export interface RequestRates {
  /** Between heartbeats of the metadata log. */
  readonly heartbeatMs: number;
  /** Between data objects under load, at least. */
  readonly lingerMs: number;
}

export interface MonthlyCost {
  readonly writes: number;
  readonly reads: number;
  readonly usd: number;
}

export interface CostEstimate {
  readonly prices: StorePrices;
  /** Nobody produces: heartbeats, and looks at the data stream. */
  readonly idle: MonthlyCost;
  /** Producers never pause: one data object each linger on top. What they store comes extra. */
  readonly busy: MonthlyCost;
  readonly usdPer100GibMonth: number;
}

/** Requests and their list price for one broker and 30 days; deletions are free, reads by consumers come from memory. */
export function estimateMonthlyCost(prices: StorePrices, { heartbeatMs, lingerMs }: RequestRates): CostEstimate {
  const heartbeats = SECONDS_PER_MONTH / (heartbeatMs / 1000);
  const looks = SECONDS_PER_MONTH * LOOKS_PER_SECOND;
  const slots = SECONDS_PER_MONTH / (Math.max(1, lingerMs) / 1000);
  return {
    prices,
    idle: costOf(prices, heartbeats, looks),
    busy: costOf(prices, heartbeats + slots, 0),
    usdPer100GibMonth: prices.perGibMonth * 100,
  };
}

function costOf(prices: StorePrices, writes: number, reads: number): MonthlyCost {
  const usd = writes * requestPrice(prices, 'create') + reads * requestPrice(prices, 'get');
  return { writes: Math.round(writes), reads: Math.round(reads), usd };
}
