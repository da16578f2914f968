import assert from 'node:assert/strict';
import { crc32c } from '@node-rs/crc32';
import { silentLogger } from '../../src/edge/index.ts';
import type { Random } from '../../src/edge/index.ts';
import { HybridClock, claimStream, slotKey, walkStream } from '../../src/log/index.ts';
import type {
  BatchBytes,
  ClaimOptions,
  LogContext,
  SlotContent,
  SlotWriter,
  StreamId,
  WalkEnd,
  WalkOptions,
  WalkedSlot,
} from '../../src/log/index.ts';
import { createSlot, freezeSlot } from '../../src/log/slot-create.ts';
import type { SlotDraft } from '../../src/log/slot-create.ts';
import { MemoryStore, PatientStore } from '../../src/store/index.ts';
import type { ObjectStore } from '../../src/store/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';

export const LINEAGE = 'bGluZWFnZS1vZi10ZXN0cw';
export const TIMELINE = '0000000001-0a1b2c3d';
export const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** xorshift32: the same bytes for the same seed. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) | 1;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => Math.floor(this.fraction() * 256)));
  }

  fraction(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 0x1_0000_0000;
  }
}

export interface World {
  readonly clock: ManualClock;
  /** What is in the bucket, without faults. */
  readonly memory: MemoryStore;
  /** A process: its own randomness and hybrid clock, the shared bucket (through `store`, if given). */
  readonly process: (broker: number, store?: ObjectStore) => LogContext;
}

export function world(): World {
  const clock = new ManualClock();
  const memory = new MemoryStore();
  let processes = 0;
  return {
    clock,
    memory,
    process: (broker, store = memory) => {
      processes += 1;
      const random = new SeededRandom(processes * 7919);
      return {
        store: new PatientStore(store, { clock, random }),
        clock,
        random,
        hlc: new HybridClock(clock),
        logger: silentLogger,
        lineage: LINEAGE,
        broker,
      };
    },
  };
}

export function claim(context: LogContext, options: Partial<ClaimOptions> = {}): Promise<SlotWriter> {
  return claimStream(context, {
    log: 'data',
    timeline: TIMELINE,
    broker: 1,
    aboveEpoch: 0,
    address: 'broker-1:9092',
    installation: 'tests',
    heartbeatMs: 0,
    ...options,
  });
}

export function dataStream(epoch = 1, broker = 1): StreamId {
  return { log: 'data', timeline: TIMELINE, broker, epoch };
}

let nextOffset = 0;

/** A batch with recognisable bytes; it need not be a real one, the log never looks inside. */
export function batch(context: LogContext, text: string | Buffer, overrides: Partial<BatchBytes> = {}): BatchBytes {
  nextOffset += 1;
  const bytes = Buffer.from(text);
  return {
    topicId: TOPIC_ID,
    partition: 0,
    baseOffset: nextOffset,
    lastOffset: nextOffset,
    leaderEpoch: 0,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordCount: 1,
    attributes: 0,
    baseTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_000,
    hlc: context.hlc.now(),
    bytes,
    bytesCrc: crc32c(bytes),
    ...overrides,
  };
}

export function content(context: LogContext, ...texts: readonly string[]): SlotContent {
  return { kind: 'batches', batches: texts.map((text) => batch(context, text)), closes: [] };
}

export interface Walked {
  readonly end: WalkEnd;
  readonly slots: readonly WalkedSlot[];
  /** Bodies of the data slots as text. */
  readonly bodies: readonly string[];
}

export async function walk(
  context: LogContext,
  stream: StreamId,
  options: Partial<Omit<WalkOptions, 'visit'>> = {},
): Promise<Walked> {
  const slots: WalkedSlot[] = [];
  const end = await walkStream(context, stream, {
    depth: 'whole',
    ...options,
    visit: (slot) => void slots.push(slot),
  });
  const bodies = slots.filter(({ kind }) => kind === 'data').map(({ body }) => body?.toString() ?? '');
  return { end, slots, bodies };
}

/** Takes a slot out of the bucket, as a lifecycle rule or an operator's mistake would. */
export async function lose(memory: MemoryStore, stream: StreamId, ...slots: readonly number[]): Promise<void> {
  await memory.delete(slots.map((slot) => slotKey(stream, slot)));
}

/** Replaces an object's bytes, as bit rot would. */
export async function damage(
  memory: MemoryStore,
  stream: StreamId,
  slot: number,
  change: (bytes: Buffer) => Buffer,
): Promise<void> {
  const key = slotKey(stream, slot);
  const bytes = await memory.get(key);
  assert(bytes !== undefined);
  await memory.delete([key]);
  await memory.create(key, [change(bytes)]);
}

/** Puts a slot into the bucket as no writer would, to see what a reader makes of it. */
export async function forge(
  context: LogContext,
  stream: StreamId,
  draft: Partial<SlotDraft> & Pick<SlotDraft, 'slot'>,
): Promise<void> {
  const hlc = context.hlc.now();
  const frozen = freezeSlot(context, stream, {
    part: { kind: 'data' },
    previousHash: Buffer.alloc(32),
    committedThrough: -1,
    firstHlc: hlc,
    lastHlc: hlc,
    ...draft,
  });
  assert.equal((await createSlot(context, frozen)).outcome, 'ours');
}

/** Settled promise as a value. */
export type Outcome = 'pending' | 'resolved' | Error;

/** Watches promises without waiting for them. */
export function watch(promise: Promise<unknown>): { outcome: Outcome } {
  const watched: { outcome: Outcome } = { outcome: 'pending' };
  promise.then(
    () => (watched.outcome = 'resolved'),
    (error: unknown) => (watched.outcome = error instanceof Error ? error : new Error(String(error))),
  );
  return watched;
}

export { settle };
