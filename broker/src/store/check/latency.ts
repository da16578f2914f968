import type { Clock, Random } from '../../edge/index.ts';
import { InvariantError } from '../../edge/index.ts';
import type { PatientStore } from '../patient-store.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** How long one kind of request took, one after the other, each until its answer was clear. */
export interface Latency {
  readonly request: 'put' | 'ranged get';
  readonly sizeBytes: number;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How many requests of each kind are made: enough for a p50, cheap, and over in seconds. */
export interface LatencyCounts {
  readonly smallPuts: number;
  readonly largePuts: number;
  readonly rangedGets: number;
}

export const defaultLatencyCounts: LatencyCounts = { smallPuts: 40, largePuts: 10, rangedGets: 40 };

export interface LatencyContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly counts: LatencyCounts;
  readonly signal: AbortSignal;
  /** Called after every request. */
  readonly onRequest: () => void;
}

/** Measures below `prefix`, and adds every name that it makes to `keys`. */
export async function measureLatency(
  store: PatientStore,
  prefix: string,
  keys: string[],
  context: LatencyContext,
): Promise<readonly Latency[]> {
  const { counts } = context;
  const small = await measure(context, counts.smallPuts, (index) =>
    put(store, `${prefix}small-${index}`, 4 * KIB, keys, context),
  );
  const large = await measure(context, counts.largePuts, (index) =>
    put(store, `${prefix}large-${index}`, MIB, keys, context),
  );
  const ranged = await measure(context, counts.rangedGets, async (index) => {
    const start = (index * 64 * KIB) % MIB;
    await store.get(`${prefix}large-0`, { start, length: 64 * KIB }, context.signal);
  });
  return [
    { request: 'put', sizeBytes: 4 * KIB, ...summary(small) },
    { request: 'put', sizeBytes: MIB, ...summary(large) },
    { request: 'ranged get', sizeBytes: 64 * KIB, ...summary(ranged) },
  ];
}

async function measure(
  { clock, onRequest }: LatencyContext,
  count: number,
  act: (index: number) => Promise<void>,
): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startMs = clock.monotonicMs();
    await act(index);
    tookMs.push(clock.monotonicMs() - startMs);
    onRequest();
  }
  return tookMs;
}

async function put(
  store: PatientStore,
  key: string,
  sizeBytes: number,
  keys: string[],
  { random, signal }: LatencyContext,
): Promise<void> {
  // Random bytes make it ours.
  const mark = random.bytes(32);
  const body = Buffer.alloc(sizeBytes, mark);
  keys.push(key);
  const { outcome } = await store.createResolved({
    key,
    body: [body],
    recognise: (existing) => (existing.equals(body) ? 'ours' : 'other'),
    signal,
  });
  if (outcome !== 'created') throw new InvariantError(`${key}, a name with random digits, was taken`);
}

function summary(tookMs: readonly number[]): Pick<Latency, 'count' | 'p50Ms' | 'p99Ms'> {
  const sorted = tookMs.toSorted((a, b) => a - b);
  return { count: sorted.length, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

/** The smallest value that at least this share of the values does not exceed (nearest rank). */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
