import { crc32c } from '@node-rs/crc32';
import { InvariantError, hasCode, sleep } from '../../../src/edge/index.ts';
import { DataStream, claimStream, newestEpoch, sealEpochs, sealStream } from '../../../src/log/index.ts';
import type {
  BatchBytes,
  BatchEntry,
  BatchLocation,
  LogContext,
  SealOptions,
  SlotWriter,
  StreamId,
} from '../../../src/log/index.ts';
import type { ChronikError } from '../../../src/edge/index.ts';
import { batchCrc, encodeBatch } from '../../support/batches.ts';
import type { VirtualProcess } from '../virtual-process.ts';
import { eventsBody, seen } from './collect.ts';
import type { SeenSlot, SlotLogHistory } from './history.ts';

export interface LinePlan {
  readonly log: 'metadata' | 'data';
  readonly timeline: string;
  readonly broker: number;
  /** Data: through a DataStream (adaptive batching) instead of the bare writer. */
  readonly batching: boolean;
  readonly meanPauseMs: number;
}

/** One process's life with a log: claim an epoch, seal what was before, append and prove, until fenced or killed. */
export class Incarnation {
  readonly process: VirtualProcess;
  readonly #context: LogContext;
  readonly #history: SlotLogHistory;
  readonly #plan: LinePlan;
  stream: StreamId | undefined;
  /** Set when the run wants no more appends: the incarnation then ends its stream in order. */
  stopping = false;
  state: 'booting' | 'serving' | 'fenced' | 'stopped' = 'booting';
  #counter = 0;

  constructor(process: VirtualProcess, context: LogContext, history: SlotLogHistory, plan: LinePlan) {
    this.process = process;
    this.#context = context;
    this.#history = history;
    this.#plan = plan;
  }

  /** Resolves when the incarnation is over. Rejects with anything that must not happen. */
  async run(): Promise<void> {
    try {
      await this.#live();
    } catch (error) {
      if (!hasCode(error, 'FENCED')) throw error;
      if (this.stream !== undefined) this.#history.fenced(this.stream);
      this.state = 'fenced';
    }
  }

  async #live(): Promise<void> {
    const { log, timeline, broker } = this.#plan;
    const seenEpoch = await newestEpoch(this.#context, { log, timeline, broker }, 0);
    const writer = await claimStream(this.#context, {
      log,
      timeline,
      broker,
      aboveEpoch: seenEpoch,
      address: `${this.process.host}:9092`,
      installation: 'simulation',
      heartbeatMs: 0,
    });
    this.stream = writer.stream;
    this.#history.counts.claims++;
    await this.#sealPredecessors(writer.stream);
    this.state = 'serving';
    if (this.#plan.log === 'data' && this.#plan.batching) await this.#serveBatching(writer);
    else await this.#serveSlots(writer);
    this.state = 'stopped';
  }

  /** Seals one stream, as a controller does with another broker's, and tells the history what was in it. */
  async seal(stream: StreamId): Promise<void> {
    const slots: SeenSlot[] = [];
    this.#history.sealBegins(stream);
    const sealed = await sealStream(this.#context, stream, sealOptions(slots));
    this.#history.sealed(stream, { sealedAt: sealed.sealedAt, slots }, sealed.last, this.process.name);
  }

  async #sealPredecessors(stream: StreamId): Promise<void> {
    const slots = new Map<number, SeenSlot[]>();
    const sealed = await sealEpochs(this.#context, stream, { from: 1, below: stream.epoch }, (one) => {
      this.#history.sealBegins(one);
      const list: SeenSlot[] = [];
      slots.set(one.epoch, list);
      return sealOptions(list);
    });
    for (const one of sealed) {
      const view = { sealedAt: one.sealedAt, slots: slots.get(one.stream.epoch) ?? [] };
      this.#history.sealed(one.stream, view, one.last, this.process.name);
    }
    this.#history.predecessorsSealed(stream);
  }

  #payload(): string {
    return `${this.process.name}.${++this.#counter}`;
  }

  #pause(): Promise<void> {
    return sleep(this.process.clock, this.process.random.exponential(this.#plan.meanPauseMs));
  }

  async #serveSlots(writer: SlotWriter): Promise<void> {
    const open = new Set<Promise<void>>();
    let fencedBy: Error | undefined;
    while (!this.stopping && fencedBy === undefined) {
      await this.#pause();
      if (this.process.random.chance(0.1)) {
        this.#track(
          open,
          this.#prove(writer.stream, () => writer.proveOpen()),
        );
      }
      if (writer.inFlight >= writer.window || writer.hasEnded) {
        if (writer.hasEnded) break;
        continue;
      }
      const slot = writer.nextSlot;
      const payloads = Array.from({ length: this.process.random.integer(0, 3) }, () => this.#payload());
      const appended = writer
        .append(this.#content(payloads))
        .then(() => this.#history.ack(writer.stream, slot, this.#names(payloads)));
      this.#track(open, appended, (error) => (fencedBy = error));
    }
    await Promise.all(open);
    if (fencedBy !== undefined) throw fencedBy;
    const sealed = await writer.seal();
    if (sealed.last.slot !== writer.committedThrough) {
      throw new InvariantError('sealed before everything had committed');
    }
  }

  readonly #crcs = new Map<string, string>();

  /** Batches are known by their crc, events by the payload itself. */
  #names(payloads: readonly string[]): readonly string[] {
    return this.#plan.log === 'metadata' ? payloads : payloads.map((payload) => this.#crcs.get(payload) ?? payload);
  }

  #content(payloads: readonly string[]): Parameters<SlotWriter['append']>[0] {
    if (payloads.length === 0) return { kind: 'heartbeat' };
    if (this.#plan.log === 'metadata') return { kind: 'events', body: eventsBody(payloads), count: payloads.length };
    return { kind: 'batches', batches: payloads.map((payload) => this.#batch(payload)), closes: [] };
  }

  #batch(payload: string): BatchBytes {
    const offset = ++this.#counter;
    const bytes = encodeBatch({
      baseOffset: offset,
      leaderEpoch: 0,
      timestampMs: this.process.clock.nowMs(),
      records: [{ key: null, value: Buffer.from(payload) }],
    });
    this.#crcs.set(payload, String(batchCrc(bytes)));
    return {
      topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      partition: 0,
      baseOffset: offset,
      lastOffset: offset,
      leaderEpoch: 0,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      recordCount: 1,
      attributes: 0,
      baseTimestamp: 0,
      maxTimestamp: 0,
      hlc: this.#context.hlc.now(),
      bytes,
      bytesCrc: crc32c(bytes),
    };
  }

  async #serveBatching(writer: SlotWriter): Promise<void> {
    const random = this.process.random;
    const stream = new DataStream(this.#context, writer, {
      lingerMs: random.pick([0, 5, 100]),
      targetBytes: random.pick([200, 2_000, 100_000]),
    });
    const open = new Set<Promise<void>>();
    let fencedBy: Error | undefined;
    let committedSlot = 0;
    let pending = 0;
    const owner = {
      committed: (entry: BatchEntry, location: BatchLocation): void => {
        pending--;
        if (location.slot < committedSlot) {
          throw new InvariantError('batches were committed out of the order of the slots');
        }
        committedSlot = location.slot;
        this.#history.ack(stream.stream, location.slot, [String(batchCrc(entry.bytes))]);
      },
      failed: (_entry: BatchEntry, error: ChronikError): void => {
        pending--;
        fencedBy = error;
      },
    };
    while (!this.stopping && fencedBy === undefined) {
      await this.#pause();
      if (random.chance(0.1)) {
        this.#track(
          open,
          this.#prove(writer.stream, () => stream.proveOpen()),
        );
      }
      for (let i = random.integer(1, 4); i > 0 && pending < 500; i--) {
        pending++;
        stream.append({ ...this.#batch(this.#payload()), owner });
      }
    }
    await Promise.all(open);
    if (fencedBy !== undefined) throw fencedBy;
    await stream.close();
    if (pending !== 0) throw new InvariantError('the stream was closed with batches that nobody was told about');
  }

  async #prove(stream: StreamId, prove: () => Promise<void>): Promise<void> {
    const wasSealed = this.#history.isSealed(stream);
    await prove();
    this.#history.proofSucceeded(stream, wasSealed);
  }

  /** Keeps a promise until it settles; being fenced is an answer, anything else is not. */
  #track(open: Set<Promise<void>>, promise: Promise<void>, onFenced: (error: Error) => void = () => undefined): void {
    const kept: Promise<void> = promise.then(
      () => void open.delete(kept),
      (error: Error) => {
        open.delete(kept);
        if (!hasCode(error, 'FENCED')) this.process.fail(error);
        onFenced(error);
      },
    );
    open.add(kept);
  }
}

function sealOptions(slots: SeenSlot[]): SealOptions {
  return { depth: 'whole', onDamage: 'hold', metadataEpoch: 1, visit: (slot) => void slots.push(seen(slot)) };
}
