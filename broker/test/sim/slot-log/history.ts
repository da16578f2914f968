import { slotKey, describeStream } from '../../../src/log/index.ts';
import type { SlotRef, StreamId } from '../../../src/log/index.ts';
import { Violation } from '../violation.ts';

/** One slot as some reader got it. */
export interface SeenSlot {
  readonly slot: number;
  readonly hash: string;
  /** What the appended content says of itself; empty for claims, heartbeats and lost slots. */
  readonly payloads: readonly string[];
}

/** What a sealer found: the stream's whole, final content. */
export interface FinalView {
  readonly sealedAt: number;
  readonly slots: readonly SeenSlot[];
}

interface Acked {
  readonly payload: string;
  readonly stream: StreamId;
  readonly slot: number;
}

/** Is a slot's object in the bucket now? (The oracle looks into the store past all faults.) */
export type Peek = (key: string) => boolean;

/** What writers were told and sealers have seen of a log, checked as it comes. */
export class SlotLogHistory {
  readonly counts = { acked: 0, sealed: 0, fenced: 0, proofs: 0, claims: 0, kills: 0, freezes: 0 };
  readonly #acked: Acked[] = [];
  readonly #final = new Map<string, FinalView>();
  readonly #hashes = new Map<string, string>();
  /** Slots that the run took out of the bucket: their payloads may be missing, but must be reported. */
  readonly taken = new Set<string>();
  readonly #peek: Peek;
  readonly #sealTried = new Set<string>();
  /** First slot of a stream that was not yet found present when a later one was acked. */
  readonly #prefix = new Map<string, number>();

  constructor(peek: Peek) {
    this.#peek = peek;
  }

  /** A writer was told that its slot is committed. */
  ack(stream: StreamId, slot: number, payloads: readonly string[]): void {
    const name = describeStream(stream);
    for (let below = this.#prefix.get(name) ?? 0; below <= slot; below++) {
      const key = slotKey(stream, below);
      if (!this.#peek(key) && !this.taken.has(key)) {
        throw new Violation('prefix', `slot ${slot} of ${name} was acked while slot ${below} is absent`);
      }
      this.#prefix.set(name, below + 1);
    }
    const final = this.#final.get(name);
    if (final !== undefined && slot >= final.sealedAt) {
      throw new Violation(
        'no ack beyond a seal',
        `slot ${slot} of ${describeStream(stream)}, sealed at ${final.sealedAt}`,
      );
    }
    for (const payload of payloads) this.#acked.push({ payload, stream, slot });
    this.counts.acked += payloads.length;
    if (final !== undefined) this.#checkAcked(stream, final);
  }

  /** Some reader got the slot: whoever reads it must get the same. */
  see(stream: StreamId, slot: SeenSlot): void {
    const key = slotKey(stream, slot.slot);
    const before = this.#hashes.get(key);
    if (before !== undefined && before !== slot.hash) {
      throw new Violation('one history per slot', `${key} was read with two different hashes`);
    }
    this.#hashes.set(key, slot.hash);
  }

  /** Somebody sets out to end the stream. */
  sealBegins(stream: StreamId): void {
    this.#sealTried.add(describeStream(stream));
  }

  /** A writer was told that it lost its stream. */
  fenced(stream: StreamId): void {
    this.counts.fenced++;
    if (!this.#sealTried.has(describeStream(stream))) {
      throw new Violation(
        'no needless fencing',
        `the writer of ${describeStream(stream)} was fenced, and nobody sealed it`,
      );
    }
  }

  /** The writer of `stream` goes to work: no epoch below may be open any more (rule 07). */
  predecessorsSealed(stream: StreamId): void {
    for (let epoch = 1; epoch < stream.epoch; epoch++) {
      if (!this.isSealed({ ...stream, epoch })) {
        throw new Violation(
          'predecessors are sealed',
          `${describeStream(stream)} begins while epoch ${epoch} is not sealed`,
        );
      }
    }
  }

  /** A sealer has returned. */
  sealed(stream: StreamId, view: FinalView, last: SlotRef, sealer: string): void {
    const name = describeStream(stream);
    const before = this.#final.get(name);
    if (before !== undefined && before.sealedAt !== view.sealedAt) {
      throw new Violation(
        'sealers agree',
        `${name}: sealed at ${before.sealedAt}, but ${sealer} says ${view.sealedAt}`,
      );
    }
    if (last.slot !== view.sealedAt - 1) {
      throw new Violation('sealers agree', `${name}: the last slot is ${last.slot}, the seal at ${view.sealedAt}`);
    }
    for (const [index, slot] of view.slots.entries()) {
      if (slot.slot !== index) {
        throw new Violation('gap-free', `${name}: ${sealer} got slot ${slot.slot} in place ${index}`);
      }
      this.see(stream, slot);
    }
    if (view.slots.length !== view.sealedAt) {
      throw new Violation(
        'gap-free',
        `${name}: ${sealer} got ${view.slots.length} slots below the seal at ${view.sealedAt}`,
      );
    }
    this.#final.set(name, view);
    this.#checkAcked(stream, view);
    this.counts.sealed++;
  }

  #checkAcked(stream: StreamId, view: FinalView): void {
    const name = describeStream(stream);
    for (const acked of this.#acked) {
      if (
        acked.stream.epoch !== stream.epoch ||
        describeStream(acked.stream) !== name ||
        this.taken.has(slotKey(stream, acked.slot))
      ) {
        continue;
      }
      if (view.slots[acked.slot]?.payloads.includes(acked.payload) !== true) {
        throw new Violation(
          'acked ⊆ readable',
          `${name}: ${acked.payload}, acked in slot ${acked.slot}, is not in the sealed log`,
        );
      }
    }
  }

  /** True if some sealer had returned before now: from then on nobody may be told that the stream is open. */
  isSealed(stream: StreamId): boolean {
    return this.#final.has(describeStream(stream));
  }

  proofSucceeded(stream: StreamId, wasSealed: boolean): void {
    this.counts.proofs++;
    if (wasSealed) {
      throw new Violation('proof of openness', `${describeStream(stream)} was proved open after it had been sealed`);
    }
  }

  /** At the end: every stream in which something was acked has been sealed and read. */
  finish(): void {
    for (const acked of this.#acked) {
      if (!this.#final.has(describeStream(acked.stream))) {
        throw new Violation(
          'acked ⊆ readable',
          `${describeStream(acked.stream)} holds acked payloads and was never found`,
        );
      }
    }
  }
}
