// How long a restore takes by the number of WAL objects: fills a bucket in a local directory, loses the data directory, starts again.
// Started by `make bench-restore`; prints one line for each number of slots. LATENCY: milliseconds that each request takes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SystemDisk, silentLogger, sleep, systemClock, systemRandom } from '../../src/edge/index.ts';
import { CommitWakeups, PartitionManager, StreamTable, TailCache } from '../../src/partition/index.ts';
import { boot } from '../../src/recovery/index.ts';
import type { BootedBroker } from '../../src/recovery/index.ts';
import { PatientStore, openStore } from '../../src/store/index.ts';
import type { ObjectStore } from '../../src/store/index.ts';
import { WalReader } from '../../src/tier/index.ts';
import { TOPIC_ID, batch, stop } from './boot-bench.ts';

const BATCHES_PER_SLOT = 10;
const PARTITIONS = 50;
/** Restores of each bucket; the one that took the least CPU counts. */
const ROUNDS = 3;

async function start(root: string, latencyMs = 0): Promise<BootedBroker> {
  const directory = await openStore(
    { backend: 'local', name: 'primary', path: join(root, 'bucket') },
    { clock: systemClock, disk: new SystemDisk(), random: systemRandom },
  );
  const objects = latencyMs === 0 ? directory : distant(directory, latencyMs);
  const store = new PatientStore(objects, { clock: systemClock, random: systemRandom });
  return boot({
    clock: systemClock,
    random: systemRandom,
    disk: new SystemDisk(),
    logger: silentLogger,
    store,
    replicas: [],
    dataDirectory: join(root, 'data'),
    broker: 0,
    address: { host: '127.0.0.1', port: 9092 },
    installation: 'bench',
    lineage: undefined,
    onDamage: 'hold',
    version: 'bench',
    lockOwner: `pid ${process.pid}`,
    metadata: { heartbeatMs: 60_000, uploadIntervalMs: 0 },
    // A slot is sent whenever this much waits.
    data: { lingerMs: 0, targetBytes: BATCHES_PER_SLOT * batch('=x', 0).length },
    makePartitions: (hlc) =>
      new PartitionManager(
        {
          clock: systemClock,
          hlc,
          tail: new TailCache(1 << 20),
          streams: new StreamTable(),
          wakeups: new CommitWakeups(),
          cold: new WalReader({ store }),
          uncommitted: { add: () => undefined, release: () => undefined },
          producerIdExpirationMs: 86_400_000,
        },
        0,
      ),
  });
}

/** The store behind a network: each answer takes so long, and so does one that says no. */
function distant(store: ObjectStore, latencyMs: number): ObjectStore {
  const later = async <T>(call: () => Promise<T>): Promise<T> => {
    await sleep(systemClock, latencyMs);
    return call();
  };
  return {
    description: store.description,
    address: store.address,
    create: (...args) => later(() => store.create(...args)),
    get: (...args) => later(() => store.get(...args)),
    head: (...args) => later(() => store.head(...args)),
    list: (...args) => later(() => store.list(...args)),
    delete: (...args) => later(() => store.delete(...args)),
    close: () => store.close(),
  };
}

/** One life of a broker that writes so many slots. */
async function fill(root: string, slots: number): Promise<void> {
  const broker = await start(root);
  const streamEpoch = broker.stream.stream.epoch;
  const partitions = Array.from({ length: PARTITIONS }, () => ({ replicas: [0], leader: 0, streamEpoch }));
  const image = await broker.metadata.append([
    { kind: 'topicCreated', name: 'orders', topicId: TOPIC_ID, partitions, configs: new Map() },
  ]);
  for (const topic of image.topics()) broker.partitions.sync(topic);
  const logs = broker.partitions.topicById(TOPIC_ID)?.logs ?? [];
  for (let count = 0; count < slots * BATCHES_PER_SLOT; count += 1) {
    logs[count % PARTITIONS]?.append(batch('=x', Math.floor(count / PARTITIONS)));
    if (count % (8 * BATCHES_PER_SLOT) === 0) await broker.stream.flush();
  }
  await stop(broker);
}

async function measure(slots: number, latencyMs: number): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'chronik-restore-'));
  try {
    await fill(root, slots);
    let best: { readonly report: BootedBroker['report']; readonly cpuMs: number } | undefined;
    for (let round = 0; round < ROUNDS; round += 1) {
      await rm(join(root, 'data'), { recursive: true });
      const before = process.cpuUsage();
      const broker = await start(root, latencyMs);
      const { user, system } = process.cpuUsage(before);
      const { report } = broker;
      const cpuMs = (user + system) / 1000;
      if (best === undefined || cpuMs < best.cpuMs) best = { report, cpuMs };
      await stop(broker);
    }
    if (best === undefined) return;
    const { cpuMs } = best;
    const { totalMs, phasesMs, batches, slots: read } = best.report;
    const phases = Object.entries(phasesMs).map(([phase, ms]) => `${phase} ${ms}`);
    process.stdout.write(
      `${read} slots, ${batches} batches: ${totalMs} ms, ${cpuMs.toFixed(0)} ms of CPU, ${((cpuMs * 1000) / read).toFixed(0)} µs of it a slot (${phases.join(', ')})\n`,
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    slots: { type: 'string', multiple: true, default: ['2000', '20000'] },
    latency: { type: 'string', default: '0' },
  },
});
for (const slots of values.slots) await measure(Number(slots), Number(values.latency));
