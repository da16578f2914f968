import { setTimeout as sleep } from 'node:timers/promises';
import { PRODUCE_VARIANTS } from '../model/operations.ts';
import type { ProduceVariant } from '../model/operations.ts';
import { contentOf, expectSameLines, recordsOf, writerOf } from '../model/records.ts';
import type { StoredRecord } from '../observer/read-topic.ts';
import { EXCHANGE, act, expectEqual, writerName } from './turn.ts';
import type { Step, Turn } from './turn.ts';

/**
 * How long records may take to be seen when the producer did not wait for all: with acks=0 nobody says when they are there, and
 * with acks=1 they are on the broker's disk, but readers see what is in the bucket.
 */
const ON_ITS_WAY_MS = 5_000;
const LOOK_AGAIN_MS = 100;

export const PRODUCE_STEPS: readonly Step[] = PRODUCE_VARIANTS.map((variant) => ({
  operation: variant.operation,
  run: async (turn) => {
    const writer = writerName(turn, variant.operation);
    const records = recordsOf(writer);
    await act(turn, 'produce')(EXCHANGE, records, variant);
    const patienceMs = variant.acks === 'all' ? 0 : ON_ITS_WAY_MS;
    const stored = await written(turn, writer, records.length, patienceMs);
    expectSameLines(stored.map(contentOf), records.map(contentOf));
    expectWrittenAs(variant, stored);
  },
}));

/** What a writer has in the topic, once it is `count` records or patience ends. */
async function written(
  turn: Turn,
  writer: string,
  count: number,
  patienceMs: number,
): Promise<readonly StoredRecord[]> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const all = await turn.observer.read(EXCHANGE);
    const found = all.filter((record) => writerOf(record) === writer);
    if (found.length >= count || performance.now() >= until) return found;
    await sleep(LOOK_AGAIN_MS);
  }
}

/**
 * A client that quietly does not compress, or is not idempotent, proves nothing. librdkafka stores a batch as it is when compressing
 * makes it longer, so the codec is looked for where the long value is.
 */
function expectWrittenAs(variant: ProduceVariant, stored: readonly StoredRecord[]): void {
  const longest = stored.toSorted((left, right) => (right.value?.length ?? 0) - (left.value?.length ?? 0))[0];
  expectEqual('codec of the batch with the long value', longest?.codec, variant.codec);
  const idempotent = stored.every(({ producerId }) => producerId >= 0);
  expectEqual('batches with a producer id', idempotent, variant.idempotent);
}
