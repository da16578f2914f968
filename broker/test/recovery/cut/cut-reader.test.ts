import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { systemClock, systemRandom, silentLogger } from '../../../src/edge/index.ts';
import { compareHlc, decodeSlot } from '../../../src/log/index.ts';
import type { Hlc } from '../../../src/log/index.ts';
import { encodeState, stateAtCut } from '../../../src/meta/index.ts';
import type { Ancestry } from '../../../src/meta/index.ts';
import { CutReader } from '../../../src/recovery/cut/cut-reader.ts';
import { openCopy } from '../../../src/recovery/cut/copy-of.ts';
import { tellHolder } from '../../../src/recovery/cut/tell-cut.ts';
import type { BootBench } from '../boot-bench.ts';
import { contextOf, missingUpTo, patient, storeOf, writeHistory } from './copied-bucket.ts';
import type { Written } from './copied-bucket.ts';

let bench: BootBench;
let written: readonly Written[];
let ancestry: Ancestry;

before(async () => {
  ({ bench, written } = await writeHistory());
  const { tree, timeline } = await openCopy({
    store: patient(await storeOf(written)),
    others: [],
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    broker: 0,
  });
  ancestry = tree.ancestry(timeline.timeline);
});

after(() => bench.close());

function isFile({ key }: Written): boolean {
  return key.endsWith('.json');
}

/** What has come of the primary: everything up to somewhere, with holes, the rest in any order. */
const copies = fc.record({
  upTo: fc.nat(100),
  holes: fc.array(fc.nat(1_000), { maxLength: 4 }),
  early: fc.array(fc.nat(1_000), { maxLength: 8 }),
});

function chosen({
  upTo,
  holes,
  early,
}: {
  upTo: number;
  holes: readonly number[];
  early: readonly number[];
}): Written[] {
  const end = Math.round((upTo / 100) * written.length);
  const missing = new Set(holes.map((hole) => hole % written.length));
  const ahead = new Set(early.map((one) => one % written.length));
  return written.filter((object, index) => isFile(object) || (index < end && !missing.has(index)) || ahead.has(index));
}

async function readCut(objects: readonly Written[]): ReturnType<CutReader['read']> {
  return new CutReader(await contextOf(await storeOf(objects)), ancestry).read();
}

describe('a copy in any state', () => {
  test('rule-12, P8: gives a cut that holds everything up to its time, or none', async () => {
    let cuts = 0;
    await fc.assert(
      fc.asyncProperty(copies, async (choice) => {
        const objects = chosen(choice);
        const { cut } = await readCut(objects);
        if (cut === undefined) return;
        cuts += 1;
        assert.deepEqual(missingUpTo(written, new Set(objects.map(({ key }) => key)), cut.hlc), []);
      }),
      { numRuns: 150 },
    );
    assert.ok(cuts > 50, `only ${cuts} copies gave a cut`);
  });

  test('rule-12: the state at the cut is the one that the primary had there', async () => {
    const primary = await contextOf(await storeOf(written));
    await fc.assert(
      fc.asyncProperty(copies, async (choice) => {
        const copy = await contextOf(await storeOf(chosen(choice)));
        const { cut } = await new CutReader(copy, ancestry).read();
        if (cut === undefined) return;
        const there = await stateAtCut(copy, ancestry, cut.metadata);
        const here = await stateAtCut(primary, ancestry, cut.metadata);
        assert.deepEqual(encodeState(there.image), encodeState(here.image));
        assert.deepEqual(there.image.position, cut.metadata);
      }),
      { numRuns: 60 },
    );
  });

  test('asked again while more comes, the cut never goes back, and in the end it holds everything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(1_000_000)), async (draws) => {
        const store = await storeOf(written.filter(isFile));
        const reader = new CutReader(await contextOf(store), ancestry);
        const waiting = written.filter((object) => !isFile(object));
        const come = new Set<string>();
        let latest: Hlc = { ms: 0, counter: 0 };
        while (waiting.length > 0) {
          for (let count = 0; count < 9 && waiting.length > 0; count += 1) {
            // Nearly in order: late ones are the exception.
            const [object] = waiting.splice((draws.next().value ?? 0) % Math.min(6, waiting.length), 1);
            await store.create(object!.key, [object!.body]);
            come.add(object!.key);
          }
          const { cut } = await reader.read();
          if (cut === undefined) continue;
          assert.ok(compareHlc(cut.hlc, latest) >= 0, 'the cut went back');
          assert.deepEqual(missingUpTo(written, come, cut.hlc), []);
          latest = cut.hlc;
        }
        const { cut } = await reader.read();
        const data = written.filter(({ slot, kind }) => kind === 'data' && slot?.stream.log === 'data');
        assert.ok(data.every(({ first }) => cut !== undefined && compareHlc(first, cut.hlc) <= 0));
      }),
      { numRuns: 25 },
    );
  });
});

describe('what holds a cut back is said', () => {
  test('a slot that has not come, with what lies above it', async () => {
    const last = written.findLast(({ key }) => key.startsWith('wal/'))!;
    const { stream } = last.slot!;
    const hole = written.find(
      ({ slot }) => slot?.stream.log === 'data' && slot.stream.epoch === stream.epoch && slot.slot === 2,
    )!;
    const reading = await readCut(written.filter((object) => object !== hole));
    assert.match(tellHolder(reading), /data stream .*\/0\/3 holds it back: slot/);
    assert.deepEqual(reading.heldBackBy, { timeline: stream.timeline, broker: 0, epoch: 3 });
    assert.equal(reading.logs[1]?.through, 1);
  });

  test('hole-13: a slot that is damaged counts as one that has not come', async () => {
    const victim = written.find(
      ({ slot }) => slot?.stream.log === 'data' && slot.stream.epoch === 3 && slot.slot === 2,
    )!;
    const body = Buffer.from(victim.body);
    body[body.length - 90] = (body[body.length - 90] ?? 0) ^ 1;
    const { cut, logs } = await readCut(written.map((object) => (object === victim ? { ...object, body } : object)));
    assert.ok(cut !== undefined && compareHlc(cut.hlc, victim.first) < 0);
    assert.match(logs.find(({ hole }) => hole?.damage !== undefined)?.hole?.damage ?? '', /damaged/);
  });

  test('rule-12: a snapshot newer than the data that came gives way to an older state and a longer log', async () => {
    const newest = written.findLast(({ key }) => key.endsWith('.snapshot'))!;
    const last = written.findLast(({ slot }) => slot?.stream.log === 'data' && slot.stream.epoch === 3)!;
    const withoutLife = written.filter(({ slot }) => slot?.stream.log !== 'data' || slot.stream.epoch < 3);
    const { cut } = await readCut(withoutLife);
    assert.ok(cut !== undefined, 'the newest snapshot is of a state that the data do not reach');
    assert.ok(newest.key.includes('-0000000003-'));
    assert.ok(compareHlc(cut.hlc, last.first) < 0);
    assert.ok(cut.metadata.epoch <= 3);
  });

  test('nothing of the metadata log', async () => {
    const reading = await readCut(written.filter((object) => isFile(object)));
    assert.equal(reading.cut, undefined);
    assert.match(tellHolder(reading), /not even the beginning/);
  });
});

test('the fixture holds what the tests need: three streams, several snapshots', () => {
  const streams = new Set(written.flatMap(({ slot }) => (slot?.stream.log === 'data' ? [slot.stream.epoch] : [])));
  assert.deepEqual([...streams], [1, 2, 3]);
  assert.ok(written.filter(({ key }) => key.endsWith('.snapshot')).length >= 3);
  for (const { key, body, slot } of written) if (slot !== undefined) decodeSlot(key, body, body.length);
});
