import assert from 'node:assert/strict';
import { claimStream, sealStream, slotKey } from '../../../src/log/index.ts';
import type {
  LogContext,
  SealOptions,
  SealedStream,
  SlotWriter,
  StreamId,
  WalkedSlot,
} from '../../../src/log/index.ts';
import type { Gate } from '../gated-store.ts';
import type { RunOptions } from '../scenario.ts';
import { settle } from '../settle.ts';
import { eventsBody } from '../slot-log/collect.ts';
import { SlotLogWorld, TIMELINE } from '../slot-log/world.ts';
import type { VirtualProcess } from '../virtual-process.ts';

/** A process with its own way to the store. */
export interface Actor {
  readonly process: VirtualProcess;
  readonly context: LogContext;
}

export interface SealedRead extends SealedStream {
  readonly slots: readonly WalkedSlot[];
}

/** What directed scenarios of the slot log are built from. */
export class LogBench {
  readonly world: SlotLogWorld;

  constructor(name: string, options: RunOptions = {}) {
    this.world = new SlotLogWorld(name, options);
  }

  actor(name: string, gate: Gate = {}, broker = 0): Actor {
    const process = this.world.process(name);
    process.setWallSkew(0);
    return { process, context: this.world.contextOf(process, broker, gate) };
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return settle(this.world.scheduler, promise);
  }

  /** Lets `delayMs` of virtual time pass. */
  pass(delayMs: number): Promise<void> {
    return this.world.scheduler.run({ untilMs: this.world.scheduler.nowMs + delayMs });
  }

  /** Runs until the store has carried out a request; `start` is how its trace line begins: process, then operation. */
  async untilStoreSays(start: string): Promise<void> {
    let said = false;
    this.world.onStoreLine = (line) => {
      if (line.includes(` ${start}`)) said = true;
    };
    await this.world.scheduler.run({ untilMs: this.world.scheduler.nowMs + 60_000, done: () => said });
    assert.ok(said, `the store never said "${start}"`);
  }

  claiming(actor: Actor, log: 'metadata' | 'data' = 'data', aboveEpoch = 0): Promise<SlotWriter> {
    return claimStream(actor.context, {
      log,
      timeline: TIMELINE,
      broker: actor.context.broker,
      aboveEpoch,
      address: 'broker-0:9092',
      installation: 'simulation',
      heartbeatMs: 0,
    });
  }

  claim(actor: Actor, log: 'metadata' | 'data' = 'data', aboveEpoch = 0): Promise<SlotWriter> {
    return this.settle(this.claiming(actor, log, aboveEpoch));
  }

  /** Appends one slot after the other, each when the one before it is committed. */
  async appendInTurn(writer: SlotWriter, count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.settle(writer.append(content(`slot ${writer.nextSlot}`)));
  }

  sealing(actor: Actor, stream: StreamId, options: Partial<SealOptions> = {}): Promise<SealedRead> {
    const slots: WalkedSlot[] = [];
    const sealed = sealStream(actor.context, stream, {
      depth: 'whole',
      onDamage: 'hold',
      metadataEpoch: 1,
      ...options,
      visit: (slot) => void slots.push(slot),
    });
    return sealed.then((end) => ({ ...end, slots }));
  }

  seal(actor: Actor, stream: StreamId, options: Partial<SealOptions> = {}): Promise<SealedRead> {
    return this.settle(this.sealing(actor, stream, options));
  }

  /** Takes the slot's object out of the bucket. */
  vanish(stream: StreamId, slot: number): void {
    assert.ok(this.world.bucket.vanish(slotKey(stream, slot)), `slot ${slot} was not there`);
  }
}

export function content(text: string): Parameters<SlotWriter['append']>[0] {
  return { kind: 'events', body: eventsBody([text]), count: 1 };
}

/** A promise that a scenario opens when it is time. */
export class Latch {
  readonly promise: Promise<void>;
  #resolve: () => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  open(): void {
    this.#resolve();
  }
}
