import { listEpochs } from '../log/index.ts';
import type { ReadSlot, StreamLine } from '../log/index.ts';
import { decodeEvents } from '../meta/index.ts';
import type { BrokerRegistered, MetadataPosition } from '../meta/index.ts';
import { eachBounded } from './each-bounded.ts';
import type { CopyContext } from './copy-context.ts';
import { StreamCopy } from './stream-copy.ts';
import type { CopyTurn } from './stream-copy.ts';

/** Streams that are looked at side by side. */
const PARALLEL = 8;

export interface MetadataTurn extends Pick<CopyTurn, 'goesOn'> {
  /** A slot that registers this stream is about to be copied; waited for. */
  readonly registering: (event: BrokerRegistered) => Promise<void>;
}

/** The metadata log on its way: epoch after epoch, each up to its seal (rule 07), so that the replica never has a later epoch and a hole in an earlier one. */
export class MetadataCopy {
  readonly #context: CopyContext;
  readonly #line: StreamLine;
  #current: StreamCopy | undefined;
  /** Of the epochs before the current one. */
  #levelSinceMs: number | undefined;

  constructor(context: CopyContext) {
    this.#context = context;
    this.#line = { log: 'metadata', timeline: context.timeline, broker: 0 };
  }

  /** The epoch that is being copied; undefined if the bucket has shown none yet. */
  get current(): StreamCopy | undefined {
    return this.#current;
  }

  get levelSinceMs(): number | undefined {
    return this.#current?.levelSinceMs ?? this.#levelSinceMs;
  }

  get position(): MetadataPosition | undefined {
    return this.#current && { epoch: this.#current.stream.epoch, slot: this.#current.next - 1 };
  }

  /** Finds the first epoch that is not in the replica up to its seal. */
  async locate(): Promise<void> {
    const epochs = await listEpochs(this.#context.sourceLog, this.#line);
    const copies = epochs.map((epoch) => new StreamCopy(this.#context, { ...this.#line, epoch }));
    await eachBounded(copies, PARALLEL, (copy) => copy.locate());
    this.#current = copies.find((copy) => !copy.hasEnded) ?? copies.at(-1);
  }

  /** Looks what has come to the current epoch; once that has ended, for the next one. */
  async look(): Promise<void> {
    await this.#advance();
    await this.#current?.look();
  }

  tryAgain(): void {
    this.#current?.tryAgain();
  }

  /** Copies all that waits, and goes on to the epochs behind it, as far as the turn goes. True if the replica then has all that a look from within this call, or the last one, has shown. */
  async copy(turn: MetadataTurn): Promise<boolean> {
    for (;;) {
      const current = this.#current;
      if (current === undefined) return false;
      await current.copy({
        goesOn: turn.goesOn,
        before: async (slot) => {
          for (const event of registrationsIn(slot)) await turn.registering(event);
        },
      });
      if (!current.isLevel) return false;
      if (!current.hasEnded) return true;
      if (!turn.goesOn()) return false;
      await this.look();
      if (this.#current === current) return true;
    }
  }

  async #advance(): Promise<void> {
    const current = this.#current;
    if (current?.hasEnded === false) return;
    const [next] = await listEpochs(this.#context.sourceLog, this.#line, current?.stream.epoch ?? 0);
    if (next === undefined) return;
    this.#levelSinceMs = current?.levelSinceMs;
    this.#current = new StreamCopy(this.#context, { ...this.#line, epoch: next });
    await this.#current.locate();
  }
}

function registrationsIn({ kind, eventCount, body }: ReadSlot): readonly BrokerRegistered[] {
  if (kind !== 'data' || eventCount === 0 || body === undefined) return [];
  return decodeEvents(body, 'a metadata slot').filter((event) => event.kind === 'brokerRegistered');
}
