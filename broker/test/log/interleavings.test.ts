import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../src/edge/index.ts';
import { sealStream } from '../../src/log/index.ts';
import type { LogContext, SealedStream, SlotWriter } from '../../src/log/index.ts';
import { GateStore } from './gate-store.ts';
import type { HeldRequest } from './gate-store.ts';
import { claim, content, settle, walk, world } from './support.ts';
import type { World } from './support.ts';

/** One decision of the adversary: whose request, what becomes of it, and what else happens. */
interface Move {
  readonly who: number;
  readonly which: number;
  readonly fate: 'pass' | 'loseReply' | 'unavailable' | 'conflict' | 'ambiguous' | 'late' | 'time';
  readonly act: 'append' | 'prove' | 'seal' | 'none';
}

const move: fc.Arbitrary<Move> = fc.record({
  who: fc.nat(100),
  which: fc.nat(100),
  fate: fc.oneof(
    { weight: 8, arbitrary: fc.constant('pass' as const) },
    { weight: 2, arbitrary: fc.constantFrom('loseReply' as const, 'late' as const) },
    { weight: 1, arbitrary: fc.constantFrom('unavailable', 'conflict', 'ambiguous', 'time' as const) },
  ),
  act: fc.oneof(
    { weight: 4, arbitrary: fc.constant('append' as const) },
    { weight: 1, arbitrary: fc.constantFrom('prove', 'seal', 'none' as const) },
  ),
});

/** What one slot held, in the words of whoever says so. */
type Contents = Map<number, string>;

class Run {
  readonly #w: World = world();
  readonly #gates: GateStore[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #acked: Contents = new Map();
  readonly #seen: Contents[] = [];
  readonly #sealed: SealedStream[] = [];
  readonly #violations: unknown[] = [];
  #writer!: SlotWriter;
  #context!: LogContext;
  #payloads = 0;

  async play(moves: readonly Move[]): Promise<void> {
    this.#context = this.#process(1);
    this.#writer = await claim(this.#context);
    for (const gate of this.#gates) gate.holds = () => true;
    for (const one of moves) {
      this.#act(one);
      await settle();
      await this.#decide(one);
      await settle();
    }
    this.#seal();
    await this.#drain();
    await this.#check();
  }

  #process(broker: number): LogContext {
    const gate = new GateStore(this.#w.memory);
    this.#gates.push(gate);
    return this.#w.process(broker, gate);
  }

  #act({ act }: Move): void {
    if (act === 'append' && !this.#writer.hasEnded && this.#writer.inFlight < this.#writer.window) this.#append();
    if (act === 'prove') this.#prove();
    if (act === 'seal' && this.#gates.length < 4) this.#seal();
  }

  #append(): void {
    const slot = this.#writer.nextSlot;
    const text = `payload ${(this.#payloads += 1)}`;
    this.#track(this.#writer.append(content(this.#context, text)).then(() => void this.#acked.set(slot, text)));
  }

  #prove(): void {
    const wasSealed = this.#sealed.length > 0;
    this.#track(
      this.#writer.proveOpen().then(() => {
        assert(!wasSealed, 'a stream that had been sealed before the call was proved to be open');
      }),
    );
  }

  #seal(): void {
    const context = this.#process(10 + this.#gates.length);
    this.#gates.at(-1)!.holds = () => true;
    const seen: Contents = new Map();
    const sealing = sealStream(context, this.#writer.stream, {
      depth: 'whole',
      onDamage: 'hold',
      metadataEpoch: 1,
      visit: ({ kind, slot, body }) => void (kind === 'data' && seen.set(slot, body!.toString())),
    });
    this.#track(
      sealing.then((sealed) => {
        this.#sealed.push(sealed);
        this.#seen.push(seen);
      }),
    );
  }

  /** Being fenced is an answer; anything else that rejects is a violation. */
  #track(promise: Promise<void>): void {
    const tracked: Promise<void> = promise.then(
      () => void this.#open.delete(tracked),
      (error: unknown) => {
        this.#open.delete(tracked);
        if (!hasCode(error, 'FENCED')) this.#violations.push(error);
      },
    );
    this.#open.add(tracked);
  }

  async #decide({ who, which, fate }: Move): Promise<void> {
    if (fate === 'time') return this.#w.clock.advance(6000);
    const gate = this.#gates[who % this.#gates.length]!;
    const list: readonly HeldRequest[] = fate === 'late' ? gate.abandoned : gate.held;
    const request = list[which % Math.max(1, list.length)];
    if (request === undefined) return this.#w.clock.advance(60);
    if (fate === 'pass' || fate === 'late') request.pass();
    else if (fate === 'loseReply') request.loseReply();
    else request.refuse(fate);
    return undefined;
  }

  async #drain(): Promise<void> {
    for (let turn = 0; this.#open.size > 0; turn += 1) {
      assert(turn < 2000, 'no progress although the store answers');
      for (const gate of this.#gates) gate.passAll();
      await this.#w.clock.advance(100);
    }
    // What was still on its way lands now: nothing that was decided may change by it.
    for (const gate of this.#gates) for (const request of gate.abandoned.slice()) request.pass();
    await settle();
  }

  async #check(): Promise<void> {
    assert.deepEqual(this.#violations, []);
    for (const sealed of this.#sealed) assert.deepEqual(sealed, this.#sealed[0], 'sealers disagree');
    const { end, slots } = await walk(this.#w.process(99), this.#writer.stream);
    assert(end.kind === 'sealed');
    assert.deepEqual({ sealedAt: end.at, last: end.last }, this.#sealed[0]);
    const final: Contents = new Map();
    for (const { kind, slot, body } of slots) if (kind === 'data') final.set(slot, body!.toString());
    for (const seen of this.#seen) assert.deepEqual(seen, final, 'a sealer read another history than a later reader');
    for (const [slot, text] of this.#acked) assert.equal(final.get(slot), text, `slot ${slot} was acknowledged`);
  }
}

test('whatever a store answers and however requests interleave: one history, acked is readable, sealers agree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 120 }), (moves) => new Run().play(moves)),
    { numRuns: 300 },
  );
});
