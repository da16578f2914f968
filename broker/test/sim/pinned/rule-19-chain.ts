import assert from 'node:assert/strict';
import { CorruptSlotError, slotKey, walkStream } from '../../../src/log/index.ts';
import type { SlotRef } from '../../../src/log/index.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { settleFailure } from '../settle.ts';
import { LogBench } from './log-bench.ts';

/** Two runs of one name give the same stream; a slot of another run of it fits everything but the chain. */
async function aSlotOfAnotherHistoryIsFound(options?: RunOptions): Promise<void> {
  const bench = new LogBench('chain', options);
  const writer = await bench.claim(bench.actor('writer'));
  await bench.appendInTurn(writer, 5);
  const other = new LogBench('chain, another history', options);
  const alike = await other.claim(other.actor('writer'));
  await other.appendInTurn(alike, 5);
  const key = slotKey(writer.stream, 3);
  const foreign = other.world.bucket.contents().get(key);
  assert.ok(foreign !== undefined);
  bench.world.bucket.plant(key, foreign);
  const failure = await settleFailure(bench.world.scheduler, bench.sealing(bench.actor('successor'), writer.stream));
  assert.ok(failure instanceof CorruptSlotError && failure.reason === 'broken chain', String(failure));
}

/** A walk from a checkpoint verifies the first link against the hash that the checkpoint stores. */
async function aCheckpointNamesTheHash(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 19 checkpoint', options);
  const writer = await bench.claim(bench.actor('writer'));
  await bench.appendInTurn(writer, 4);
  const reader = bench.actor('reader');
  const { slots } = await bench.seal(reader, writer.stream);
  const hash = slots[2]?.hash;
  assert.ok(hash !== undefined);
  const after: SlotRef = { slot: 2, hash };
  for (let slot = 1; slot <= 2; slot++) bench.vanish(writer.stream, slot);
  const end = await bench.settle(walkStream(reader.context, writer.stream, { depth: 'tails', after }));
  assert.ok(end.kind === 'sealed' && end.at === 5, JSON.stringify(end));
  const wrong: SlotRef = { slot: 2, hash: Buffer.alloc(32, 1) };
  const failure = await settleFailure(
    bench.world.scheduler,
    walkStream(reader.context, writer.stream, { depth: 'tails', after: wrong }),
  );
  assert.ok(failure instanceof CorruptSlotError, String(failure));
}

/** A seal that was planted ahead, by somebody who could not know what comes before it, ends the stream all the same. */
async function aPlantedSealNeedsNoPredecessor(options?: RunOptions): Promise<void> {
  const bench = new LogBench('rule 19 seal', options);
  const writer = await bench.claim(bench.actor('writer'));
  await bench.appendInTurn(writer, 3);
  const sealed = await bench.seal(bench.actor('successor'), writer.stream);
  const again = await bench.seal(bench.actor('another'), writer.stream);
  assert.equal(again.sealedAt, sealed.sealedAt);
}

/** Whatever is flipped in a stored slot, a reader that reads it whole says so. */
async function aFlippedBitIsFound(options?: RunOptions): Promise<void> {
  for (let round = 0; round < 40; round++) {
    const bench = new LogBench(`damaged slot ${round}`, options);
    const writer = await bench.claim(bench.actor('writer'));
    await bench.appendInTurn(writer, 2);
    bench.world.bucket.flipBit(slotKey(writer.stream, 1));
    const sealing = bench.sealing(bench.actor('successor'), writer.stream);
    const failure = await settleFailure(bench.world.scheduler, sealing);
    assert.ok(failure instanceof CorruptSlotError, String(failure));
  }
}

export const rule19: readonly PinnedScenario[] = [
  { name: 'chain: a slot of another history under the right name is found', run: aSlotOfAnotherHistoryIsFound },
  { name: 'rule-19 checkpoint: the first link after a checkpoint is verified', run: aCheckpointNamesTheHash },
  { name: 'rule-19 seal: a seal needs no predecessor', run: aPlantedSealNeedsNoPredecessor },
  { name: 'checksum: a flipped bit in a slot is found', run: aFlippedBitIsFound },
];
