import { expectSameRecords, fingerprintOf } from '../model/records.ts';
import { EXCHANGE, act, expectEqual, own, sorted } from './turn.ts';
import type { Step } from './turn.ts';

export const READ_STEPS: readonly Step[] = [
  {
    operation: 'consume',
    run: async (turn) => {
      const topic = own(turn, 'work');
      const expected = await turn.observer.read(topic);
      expectSameRecords(await act(turn, 'consume')(topic, expected.length), expected);
    },
  },
  {
    operation: 'consume-in-group',
    run: async (turn) => {
      const [topic, group] = [own(turn, 'work'), own(turn, 'reader')];
      const expected = await turn.observer.read(topic);
      expectSameRecords(await act(turn, 'consumeInGroup')(group, topic, expected.length), expected);
      const ends = [...(await turn.observer.offsets(topic))].map(([partition, { end }]) => [partition, end]);
      const committed = await turn.observer.committed(group, topic);
      expectEqual('committed offsets', sorted(committed), ends);
      turn.ledger.committed.set(group, committed);
    },
  },
];

/** After all have written: each reads everything, byte by byte, and what was there before the disk was lost at its old place. */
export const READ_ALL: Step = {
  operation: 'read-all',
  run: async (turn) => {
    const expected = await turn.observer.read(EXCHANGE);
    const there = new Set(expected.map(fingerprintOf));
    const lost = turn.cluster.exchanged.map(fingerprintOf).filter((line) => !there.has(line));
    if (lost.length > 0) throw new Error(`${lost.length} records were lost with the disk, e.g. ${lost[0]}`);
    expectSameRecords(await act(turn, 'consume')(EXCHANGE, expected.length), expected);
  },
};
