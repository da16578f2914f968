import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compareHlc } from '../../../src/log/index.ts';
import type { Hlc } from '../../../src/log/index.ts';
import type { StreamName } from '../../../src/meta/index.ts';
import { cutOf } from '../../../src/recovery/cut/cut.ts';
import type { KnownStream, MetadataChain, StreamReach } from '../../../src/recovery/cut/cut.ts';

const TIMELINE = '0000000001-aaaaaaaa';

interface Entry {
  readonly log: number;
  readonly hlc: Hlc;
  /** Of the metadata log: the stream that it registers. */
  readonly registers: number | undefined;
}

interface History {
  /** In the order of their clocks. Log 0 is the metadata log; log n the n-th data stream. */
  readonly entries: readonly Entry[];
  readonly streams: number;
  /** Streams that were sealed. */
  readonly sealed: ReadonlySet<number>;
}

/** A history in which everything that leans on something has a greater clock, as hybrid clocks make it. */
const histories: fc.Arbitrary<History> = fc
  .record({
    picks: fc.array(fc.nat(99), { minLength: 1, maxLength: 60 }),
    gaps: fc.array(fc.nat(3), { minLength: 60, maxLength: 60 }),
    sealed: fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
  })
  .map(({ picks, gaps, sealed }) => {
    const entries: Entry[] = [];
    let streams = 0;
    let hlc: Hlc = { ms: 1, counter: 0 };
    for (const [index, pick] of picks.entries()) {
      const gap = gaps[index] ?? 0;
      hlc = gap === 0 ? { ms: hlc.ms, counter: hlc.counter + 1 } : { ms: hlc.ms + gap, counter: 0 };
      const log = pick < 25 || streams === 0 ? 0 : 1 + (pick % streams);
      const registers = log === 0 && (pick % 3 === 0 || streams === 0) ? (streams += 1) : undefined;
      entries.push({ log, hlc, registers });
    }
    const ended = new Set(sealed.flatMap((is, index) => (is && index < streams ? [index + 1] : [])));
    return { entries, streams, sealed: ended };
  });

function nameOf(log: number): StreamName {
  return { timeline: TIMELINE, broker: 0, epoch: log };
}

class Copy {
  readonly history: History;
  /** How many entries of each log have come without a gap. */
  readonly come: readonly number[];
  /** Entries of the metadata log that the base covers. */
  readonly baseAt: number;

  constructor(history: History, shares: readonly number[], baseShare: number) {
    this.history = history;
    this.come = Array.from({ length: history.streams + 1 }, (_, log) => {
      const total = this.of(log).length;
      return Math.round(((shares[log % shares.length] ?? 100) / 100) * total);
    });
    this.baseAt = Math.min(this.come[0] ?? 0, Math.round((baseShare / 100) * this.of(0).length));
  }

  of(log: number): readonly Entry[] {
    return this.history.entries.filter((entry) => entry.log === log);
  }

  get chain(): MetadataChain {
    const read = this.of(0).slice(0, this.come[0]);
    const steps = read.map(({ hlc }, slot) => ({ position: { epoch: 1, slot: slot + 1 }, hlc }));
    const base = steps[this.baseAt - 1] ?? { position: { epoch: 1, slot: 0 }, hlc: { ms: 0, counter: 0 } };
    const streams = read.flatMap((entry, index): KnownStream[] => {
      if (entry.registers === undefined) return [];
      return [{ name: nameOf(entry.registers), registeredAt: index < this.baseAt ? undefined : entry.hlc }];
    });
    return { base, steps: steps.slice(this.baseAt), streams };
  }

  readonly reachOf = ({ epoch }: StreamName): StreamReach => {
    const come = this.come[epoch] ?? 0;
    const all = this.of(epoch);
    if (come === all.length && this.history.sealed.has(epoch)) return { kind: 'complete' };
    return { kind: 'open', hlc: all[come - 1]?.hlc };
  };

  /** Whether every entry of the true history up to that time has come: what a consistent cut promises. */
  holdsAllUpTo(hlc: Hlc): boolean {
    const seen = new Map<number, number>();
    for (const entry of this.history.entries) {
      if (compareHlc(entry.hlc, hlc) > 0) break;
      const index = seen.get(entry.log) ?? 0;
      seen.set(entry.log, index + 1);
      if (index >= (this.come[entry.log] ?? 0)) return false;
    }
    return true;
  }
}

const copies = fc
  .tuple(histories, fc.array(fc.nat(100), { minLength: 1, maxLength: 8 }), fc.nat(100))
  .map(([history, shares, baseShare]) => new Copy(history, shares, baseShare));

describe('rule-12 the cut', () => {
  test('holds every entry of the history up to its time, whatever has come', () => {
    fc.assert(
      fc.property(copies, (copy) => {
        const cut = cutOf(copy.chain, copy.reachOf);
        if (cut.metadata === undefined) return;
        assert.ok(copy.holdsAllUpTo(cut.hlc), 'an entry with a smaller clock is missing');
        const counted = copy.of(0).filter(({ hlc }) => compareHlc(hlc, cut.hlc) <= 0).length;
        assert.equal(cut.metadata.slot, Math.max(counted, copy.chain.base.position.slot));
        assert.ok(compareHlc(cut.hlc, copy.chain.base.hlc) >= 0, 'a state cannot be taken back behind its base');
      }),
      { numRuns: 2_000 },
    );
  });

  test('is the latest that can be proved: the log that holds it back reaches no further', () => {
    fc.assert(
      fc.property(copies, (copy) => {
        const { chain } = copy;
        const cut = cutOf(chain, copy.reachOf);
        const top = (chain.steps.at(-1) ?? chain.base).hlc;
        const bounds = chain.streams.flatMap(({ name, registeredAt }) => {
          const reach = copy.reachOf(name);
          if (reach.kind === 'complete') return [];
          return [
            [reach.hlc, registeredAt]
              .filter((hlc) => hlc !== undefined)
              .toSorted(compareHlc)
              .at(-1),
          ];
        });
        const least = [top, ...bounds.map((hlc) => hlc ?? { ms: 0, counter: 0 })].toSorted(compareHlc)[0]!;
        if (cut.metadata === undefined) assert.ok(compareHlc(least, chain.base.hlc) < 0);
        else assert.deepEqual(cut.hlc, least);
      }),
      { numRuns: 1_000 },
    );
  });

  test('never goes back when more comes', () => {
    fc.assert(
      fc.property(
        histories,
        fc.array(fc.nat(100), { minLength: 1, maxLength: 8 }),
        fc.nat(50),
        (history, shares, more) => {
          const early = new Copy(history, shares, 0);
          const late = new Copy(
            history,
            shares.map((share) => Math.min(100, share + more)),
            0,
          );
          const [before, after] = [cutOf(early.chain, early.reachOf), cutOf(late.chain, late.reachOf)];
          if (before.metadata === undefined) return;
          assert.ok(after.metadata !== undefined && compareHlc(after.hlc, before.hlc) >= 0);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('a stream that was registered and has not come holds it at its registration, not before', () => {
    const hlc = (ms: number): Hlc => ({ ms, counter: 0 });
    const chain: MetadataChain = {
      base: { position: { epoch: 1, slot: 0 }, hlc: hlc(0) },
      steps: [1, 2, 3, 4].map((slot) => ({ position: { epoch: 1, slot }, hlc: hlc(slot * 10) })),
      streams: [
        { name: nameOf(1), registeredAt: hlc(10) },
        { name: nameOf(2), registeredAt: hlc(30) },
      ],
    };
    const reach = new Map<number, StreamReach>([
      [1, { kind: 'complete' }],
      [2, { kind: 'open', hlc: undefined }],
    ]);
    const cut = cutOf(chain, ({ epoch }) => reach.get(epoch)!);
    assert.deepEqual(cut, { metadata: { epoch: 1, slot: 3 }, hlc: hlc(30), heldBackBy: nameOf(2) });
    reach.set(1, { kind: 'open', hlc: hlc(25) });
    assert.deepEqual(cutOf(chain, ({ epoch }) => reach.get(epoch)!).heldBackBy, nameOf(1));
  });
});
