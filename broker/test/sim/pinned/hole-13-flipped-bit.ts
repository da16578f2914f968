import assert from 'node:assert/strict';
import { KafkaErrors } from '../../../src/kafka/index.ts';
import { Fetcher } from '../clients/fetcher.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { ClusterBench } from './cluster-bench.ts';

const LIMITS = { maxWaitMs: 100, maxBytes: 1 << 20, partitionMaxBytes: 1 << 20 };
/** Base offset: 8 bytes, leader epoch: 4 bytes from byte 12 on. The batch's own checksum covers none of them. */
const UNCOVERED_BYTES = [0, 5, 7, 12, 15];

/** One bit of a batch in the bucket is another one: its records are refused, and never handed out at other offsets. */
async function aFlippedBitMovesNoRecord(options?: RunOptions): Promise<void> {
  for (const byte of UNCOVERED_BYTES) {
    const bench = new ClusterBench(`hole 13 byte ${byte}`, options, { tailBytes: 1 });
    await bench.start();
    const { world, client } = bench;
    const batch = bench.batch(-1);
    await world.settle(bench.deliver(batch, client));
    for (let i = 0; i < 3; i++) await bench.produce(-1);
    const { bucket } = world;
    const held = [...bucket.contents()].find(([, body]) => body.includes(batch.bytes.subarray(21)));
    assert.ok(held !== undefined, 'the bucket has the batch');
    const [key, body] = held;
    const start = body.indexOf(batch.bytes.subarray(21)) - 21;
    bucket.flipBit(key, (start + byte) * 8 + 5);
    const position = { topic: 'topic', partition: 0, offset: 0 };
    const [fetched] = await world.settle(new Fetcher(client, false).fetch(0, [position], LIMITS));
    assert.ok(fetched !== undefined && fetched.errorCode !== KafkaErrors.NONE, `byte ${byte} went unnoticed`);
    assert.deepEqual(fetched.batches, []);
  }
}

export const hole13: readonly PinnedScenario[] = [
  { name: 'hole-13 flipped bit: no record moves to another offset', run: aFlippedBitMovesNoRecord },
];
