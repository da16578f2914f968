import type { OffsetRange } from '../model/client.ts';
import { RECORDS_PER_PARTITION, act, expectEqual, own } from './turn.ts';
import type { Step, Turn } from './turn.ts';

const DELETE_BEFORE = 2;

export const LOG_STEPS: readonly Step[] = [
  {
    operation: 'list-offsets',
    run: async (turn) => {
      const topic = own(turn, 'work');
      const whole: OffsetRange = { first: 0, end: RECORDS_PER_PARTITION };
      await expectRanges(turn, topic, new Map([0, 1].map((partition) => [partition, whole])));
      for (const [kept, ranges] of turn.kept.offsets) await expectRanges(turn, kept, ranges);
      noteRange(turn, topic, 1, whole);
    },
  },
  {
    operation: 'delete-records',
    run: async (turn) => {
      const topic = own(turn, 'work');
      await act(turn, 'deleteRecords')(topic, 0, DELETE_BEFORE);
      const range = { first: DELETE_BEFORE, end: RECORDS_PER_PARTITION };
      expectEqual('offsets that are left', (await turn.observer.offsets(topic)).get(0), range);
      noteRange(turn, topic, 0, range);
    },
  },
];

function noteRange(turn: Turn, topic: string, partition: number, range: OffsetRange): void {
  turn.ledger.offsets.set(topic, new Map([...(turn.ledger.offsets.get(topic) ?? []), [partition, range]]));
}

async function expectRanges(turn: Turn, topic: string, ranges: ReadonlyMap<number, OffsetRange>): Promise<void> {
  const seen = await act(turn, 'listOffsets')(topic);
  for (const [partition, range] of ranges) expectEqual(`offsets of ${topic}-${partition}`, seen.get(partition), range);
}
