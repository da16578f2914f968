// Puts and gets through each provider's SDK as its documentation shows it, and through the adapters, turn by turn, on the store
// that the environment names. Started by `make bench-stores`; prints one JSON document.
import { readBrokerConfig } from '../../src/config/index.ts';
import { SystemDisk, systemClock, systemRandom } from '../../src/edge/index.ts';
import { PatientStore, openStore } from '../../src/store/index.ts';
import { rawClient } from './raw-client.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZES = [4 * KIB, MIB, 8 * MIB] as const;
const CONCURRENCIES = [1, 8, 32] as const;
/** How long a turn is; it ends after the requests that are under way. Both sides have two turns. */
const TURN_MS = 400;
const TURNS = 2;
/** So much at once takes seconds on an emulator: one turn. */
const MUCH_BYTES = 64 * MIB;

/** How one side did at one thing. */
interface Side {
  requests: number;
  seconds: number;
  cpuSeconds: number;
  readonly tookMs: number[];
}

interface Client {
  put(key: string, body: Buffer): Promise<unknown>;
  get(key: string): Promise<number>;
}

interface Cell {
  readonly operation: 'put' | 'get';
  readonly sizeBytes: number;
  readonly concurrency: number;
  readonly raw: Figures;
  readonly ours: Figures;
}

interface Figures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly cpuSecondsPerGb: number;
}

const { primary } = readBrokerConfig(process.env);
const store = new PatientStore(
  await openStore(primary, { clock: systemClock, disk: new SystemDisk(), random: systemRandom }),
  {
    clock: systemClock,
    random: systemRandom,
  },
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
const raw: Client = rawClient(primary);
let names = 0;
const made: string[] = [];

async function turn(side: Side, concurrency: number, request: () => Promise<unknown>): Promise<void> {
  const startMs = systemClock.monotonicMs();
  const cpu = process.cpuUsage();
  const worker = async (): Promise<void> => {
    do {
      const sentMs = systemClock.monotonicMs();
      await request();
      side.tookMs.push(systemClock.monotonicMs() - sentMs);
      side.requests += 1;
    } while (systemClock.monotonicMs() - startMs < TURN_MS);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const used = process.cpuUsage(cpu);
  side.seconds += (systemClock.monotonicMs() - startMs) / 1000;
  side.cpuSeconds += (used.user + used.system) / 1e6;
}

function figures({ requests, seconds, cpuSeconds, tookMs }: Side, sizeBytes: number): Figures {
  return {
    requests,
    requestsPerSecond: requests / seconds,
    p50Ms: tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)] ?? 0,
    cpuSecondsPerGb: cpuSeconds / ((requests * sizeBytes) / 1e9),
  };
}

async function cell(operation: 'put' | 'get', sizeBytes: number, concurrency: number): Promise<Cell> {
  const body = systemRandom.bytes(sizeBytes);
  const sides: Record<'raw' | 'ours', Side> = {
    raw: { requests: 0, seconds: 0, cpuSeconds: 0, tookMs: [] },
    ours: { requests: 0, seconds: 0, cpuSeconds: 0, tookMs: [] },
  };
  const name = (): string => {
    names += 1;
    made.push(`probe/bench/${names}`);
    return `probe/bench/${names}`;
  };
  const read = name();
  await ours.put(read, body);
  const clients = { raw, ours };
  const turns = sizeBytes * concurrency > MUCH_BYTES ? 1 : TURNS;
  for (let round = 0; round < turns; round += 1) {
    for (const side of ['raw', 'ours'] as const) {
      const client = clients[side];
      await turn(sides[side], concurrency, async () => {
        if (operation === 'put') await client.put(name(), body);
        else if ((await client.get(read)) !== sizeBytes) throw new Error(`${read} was not read whole`);
      });
    }
  }
  await store.delete(made.splice(0));
  return {
    operation,
    sizeBytes,
    concurrency,
    raw: figures(sides.raw, sizeBytes),
    ours: figures(sides.ours, sizeBytes),
  };
}

const cells: Cell[] = [];
for (const operation of ['put', 'get'] as const) {
  // The first requests of each side meet cold code and no connections.
  await cell(operation, 4 * KIB, 8);
  for (const sizeBytes of SIZES) {
    for (const concurrency of CONCURRENCIES) cells.push(await cell(operation, sizeBytes, concurrency));
  }
}
await store.close();
process.stdout.write(`${JSON.stringify(cells)}\n`);
