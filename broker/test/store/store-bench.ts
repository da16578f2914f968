// Puts and gets through each provider's SDK as its documentation shows it, and through the adapters, in turns that are short and
// many, on the store that the environment names. Started by `make bench-stores`; prints one JSON document.
import { readBrokerConfig } from '../../src/config/index.ts';
import { SystemDisk, systemClock, systemRandom } from '../../src/edge/index.ts';
import { PatientStore, openStore } from '../../src/store/index.ts';
import { rawClient } from './raw-client.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZES = [4 * KIB, MIB, 8 * MIB] as const;
const CONCURRENCIES = [1, 8, 32] as const;
/** How long a turn is; it ends after the requests that are under way. */
const TURN_MS = 100;
/** A round is one turn of each side, in a circle in which another begins each time; so many rounds at most. */
const MOST_ROUNDS = 200;
const FEWEST_ROUNDS = 3;
/** For everything; what one cell leaves over is for the others. */
const TOTAL_MS = Number(process.env['BENCH_SECONDS'] ?? 180) * 1000;

type SideName = 'raw' | 'checked' | 'ours';

interface Turn {
  readonly requests: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** How one side did at one thing. */
interface Side {
  readonly turns: Turn[];
  readonly tookMs: number[];
}

interface Client {
  put(key: string, body: Buffer): Promise<unknown>;
  get(key: string): Promise<number>;
}

const { primary } = readBrokerConfig(process.env);
const store = new PatientStore(
  await openStore(primary, { clock: systemClock, disk: new SystemDisk(), random: systemRandom }),
  { clock: systemClock, random: systemRandom },
);
const ours: Client = {
  put: (key, body) =>
    store.createResolved({
      key,
      body: [body],
      recognise: (existing) => (existing.equals(body) ? 'ours' : 'other'),
    }),
  get: async (key) => (await store.get(key))?.length ?? 0,
};
const raw = rawClient(primary);
const clients: readonly (readonly [SideName, Client])[] = [
  ['raw', raw],
  ...(raw.checked === undefined ? [] : [['checked', raw.checked] as const]),
  ['ours', ours],
];
let names = 0;
const made: string[] = [];

async function turn(side: Side, concurrency: number, request: () => Promise<unknown>): Promise<void> {
  const startMs = systemClock.monotonicMs();
  const cpu = process.cpuUsage();
  let requests = 0;
  const worker = async (): Promise<void> => {
    do {
      const sentMs = systemClock.monotonicMs();
      await request();
      side.tookMs.push(systemClock.monotonicMs() - sentMs);
      requests += 1;
    } while (systemClock.monotonicMs() - startMs < TURN_MS);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const used = process.cpuUsage(cpu);
  const seconds = (systemClock.monotonicMs() - startMs) / 1000;
  side.turns.push({ requests, seconds, cpuSeconds: (used.user + used.system) / 1e6 });
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function figures({ turns, tookMs }: Side, sizeBytes: number): object {
  return {
    requestsPerSecond: quantile(
      turns.map(({ requests, seconds }) => requests / seconds),
      0.5,
    ),
    p50Ms: quantile(tookMs, 0.5),
    cpuSecondsPerGb: quantile(
      turns.map(({ requests, cpuSeconds }) => cpuSeconds / ((requests * sizeBytes) / 1e9)),
      0.5,
    ),
  };
}

/** Rate of ours by that of another side, round by round: what slows a whole round slows both. */
function ratios(mine: Side, theirs: Side): object {
  const perRound = mine.turns.map(({ requests, seconds }, round) => {
    const other = theirs.turns[round]!;
    return requests / seconds / (other.requests / other.seconds);
  });
  return {
    rounds: perRound.length,
    median: quantile(perRound, 0.5),
    quartiles: [quantile(perRound, 0.25), quantile(perRound, 0.75)],
  };
}

async function cell(
  operation: 'put' | 'get',
  sizeBytes: number,
  concurrency: number,
  budgetMs: number,
): Promise<object> {
  const body = systemRandom.bytes(sizeBytes);
  const sides = new Map<SideName, Side>(clients.map(([side]) => [side, { turns: [], tookMs: [] }]));
  const name = (): string => {
    names += 1;
    made.push(`probe/bench/${names}`);
    return `probe/bench/${names}`;
  };
  const read = name();
  await ours.put(read, body);
  const startMs = systemClock.monotonicMs();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    if (round >= FEWEST_ROUNDS && systemClock.monotonicMs() - startMs > budgetMs) break;
    const first = round % clients.length;
    for (const [side, client] of [...clients.slice(first), ...clients.slice(0, first)]) {
      await turn(sides.get(side)!, concurrency, async () => {
        if (operation === 'put') await client.put(name(), body);
        else if ((await client.get(read)) !== sizeBytes) throw new Error(`${read} was not read whole`);
      });
    }
  }
  // Small ones may stay: the store is thrown away, and deleting them one by one would take longer than making them.
  const gone = made.splice(0);
  if (sizeBytes > MIB) await store.delete(gone);
  const mine = sides.get('ours')!;
  const compared = [...sides]
    .filter(([side]) => side !== 'ours')
    .map(([side, theirs]) => [side, { ...figures(theirs, sizeBytes), ratio: ratios(mine, theirs) }] as const);
  return { operation, sizeBytes, concurrency, ours: figures(mine, sizeBytes), ...Object.fromEntries(compared) };
}

const cells: object[] = [];
/** Only these, as `put 4096 32`, separated by commas; all if left out. */
const only = process.env['BENCH_CASES']?.split(',');
const wanted = (['put', 'get'] as const)
  .flatMap((operation) =>
    SIZES.flatMap((sizeBytes) => CONCURRENCIES.map((concurrency) => ({ operation, sizeBytes, concurrency }))),
  )
  .filter(
    ({ operation, sizeBytes, concurrency }) => only?.includes(`${operation} ${sizeBytes} ${concurrency}`) ?? true,
  );
const endMs = systemClock.monotonicMs() + TOTAL_MS;
// The first requests of each side meet cold code and no connections.
for (const operation of ['put', 'get'] as const) await cell(operation, 4 * KIB, 8, 1000);
for (const { operation, sizeBytes, concurrency } of wanted) {
  const budgetMs = (endMs - systemClock.monotonicMs()) / (wanted.length - cells.length);
  cells.push(await cell(operation, sizeBytes, concurrency, budgetMs));
}
await store.close();
process.stdout.write(`${JSON.stringify(cells)}\n`);
