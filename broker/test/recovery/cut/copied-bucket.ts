import { silentLogger, systemClock, systemRandom } from '../../../src/edge/index.ts';
import { HybridClock, compareHlc, decodeSlot, parseSlotKey } from '../../../src/log/index.ts';
import type { Hlc, LogContext, SlotKind, SlotName } from '../../../src/log/index.ts';
import { readClusterFile } from '../../../src/meta/index.ts';
import { MemoryStore, PatientStore } from '../../../src/store/index.ts';
import type { ObjectStore } from '../../../src/store/index.ts';
import type { BootedBroker } from '../../../src/recovery/index.ts';
import { BootBench, TOPIC_ID, batch, createTopic, logOf } from '../boot-bench.ts';

export const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

/** One object of the primary, in the order in which it was created there. */
export interface Written {
  readonly key: string;
  readonly body: Buffer;
  readonly slot: SlotName | undefined;
  readonly first: Hlc;
  readonly kind: SlotKind | undefined;
}

export function patient(store: ObjectStore): PatientStore {
  return new PatientStore(store, { clock: systemClock, random: systemRandom });
}

/** A history of several lives of a broker, with snapshots between, and every object that it left behind. */
export async function writeHistory(): Promise<{ readonly bench: BootBench; readonly written: readonly Written[] }> {
  const bench = await BootBench.create();
  const seen = new Set<string>();
  const written: Written[] = [];
  const collect = (): void => {
    for (const [key, body] of bench.objects.contents()) {
      if (seen.has(key) || key.startsWith('probe/')) continue;
      seen.add(key);
      const slot = parseSlotKey(key);
      const read = slot === undefined ? undefined : decodeSlot(key, body, body.length);
      const first = read?.header.firstHlc ?? { ms: 0, counter: 0 };
      written.push({ key, body, slot, first, kind: read?.kind });
    }
  };
  for (let life = 0; life < 3; life += 1) {
    const { broker, life: running } = await bench.start();
    collect();
    if (life === 0) await createTopic(broker);
    if (life === 1) await createTopic(broker, 'payments', OTHER_ID);
    collect();
    for (let round = 0; round < 6; round += 1) {
      await write(broker, `=life ${life} round ${round}`);
      collect();
      if (round === 3) await broker.metadata.snapshot();
      collect();
    }
    await bench.kill(running);
    if (life === 1) await bench.wipe();
  }
  return { bench, written };
}

async function write(broker: BootedBroker, text: string): Promise<void> {
  logOf(broker).append(batch(text));
  if (broker.partitions.topicById(OTHER_ID) !== undefined) logOf(broker, OTHER_ID).append(batch(`${text} too`));
  await broker.stream.flush();
  await broker.metadata.append([
    { kind: 'topicConfigsChanged', topicId: TOPIC_ID, changes: new Map([['retention.ms', String(text.length)]]) },
  ]);
}

export async function contextOf(store: ObjectStore): Promise<LogContext> {
  const reading = patient(store);
  const cluster = await readClusterFile(reading);
  return {
    store: reading,
    clock: systemClock,
    random: systemRandom,
    hlc: new HybridClock(systemClock),
    logger: silentLogger,
    lineage: cluster?.lineage ?? '',
    broker: 0,
  };
}

/** A store that holds exactly these objects. */
export async function storeOf(written: readonly Written[], name = 'copy'): Promise<MemoryStore> {
  const store = new MemoryStore(name);
  for (const { key, body } of written) await store.create(key, [body]);
  return store;
}

/** Slots with data of the whole history that begin at or before that time and are not in the copy. Metadata may be in a snapshot. */
export function missingUpTo(written: readonly Written[], copied: ReadonlySet<string>, hlc: Hlc): readonly string[] {
  return written
    .filter(({ slot, kind }) => slot?.stream.log === 'data' && kind === 'data')
    .filter(({ first, key }) => compareHlc(first, hlc) <= 0 && !copied.has(key))
    .map(({ key }) => key);
}
