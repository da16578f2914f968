import type { Offsets } from '../model/client.ts';
import {
  PARTITIONS,
  RECORDS_PER_PARTITION,
  act,
  expectEqual,
  expectExcludes,
  expectIncludes,
  own,
  sorted,
} from './turn.ts';
import type { Step, Turn } from './turn.ts';

const PART_OF_THE_WAY: Offsets = new Map([
  [0, RECORDS_PER_PARTITION - 1],
  [1, RECORDS_PER_PARTITION],
]);

/** The groups of a turn, which have committed part of the way: one to look at, one to reset, one to delete. */
const GROUPS = ['idle', 'rewound', 'doomed'] as const;

/** Commits for the groups of a turn through the protocol, so that these steps do not hang on a consumer. */
export async function prepareGroups(turn: Turn): Promise<void> {
  const topic = own(turn, 'work');
  for (const group of GROUPS) await turn.observer.commit(own(turn, group), topic, PART_OF_THE_WAY);
  turn.ledger.committed.set(own(turn, 'idle'), PART_OF_THE_WAY);
}

export const GROUP_STEPS: readonly Step[] = [
  {
    operation: 'list-groups',
    run: async (turn) => {
      const groups = await act(turn, 'listGroups')();
      expectIncludes('groups', groups, [own(turn, 'idle'), ...turn.kept.committed.keys()]);
      expectExcludes('groups', groups, turn.kept.deletedGroups);
    },
  },
  {
    operation: 'describe-group',
    run: async (turn) => {
      await expectOffsets(turn, own(turn, 'idle'), own(turn, 'work'), PART_OF_THE_WAY);
      const topic = own({ ...turn, phase: 'before' }, 'work');
      for (const [group, offsets] of turn.kept.committed) await expectOffsets(turn, group, topic, offsets);
    },
  },
  {
    operation: 'reset-offsets',
    run: async (turn) => {
      const [topic, group] = [own(turn, 'work'), own(turn, 'rewound')];
      await act(turn, 'resetOffsets')(group, topic);
      const committed = await turn.observer.committed(group, topic);
      // kafkajs commits a negative offset, which for every client means: none, begin where you are told to.
      const next = Array.from({ length: PARTITIONS }, (_, partition) => committed.get(partition) ?? 0);
      expectEqual('next offsets', next, [0, 0]);
      turn.ledger.committed.set(group, committed);
    },
  },
  {
    operation: 'delete-group',
    run: async (turn) => {
      const group = own(turn, 'doomed');
      await act(turn, 'deleteGroup')(group);
      expectEqual('offsets of the deleted group', sorted(await turn.observer.committed(group, own(turn, 'work'))), []);
      turn.ledger.deletedGroups.add(group);
    },
  },
];

async function expectOffsets(turn: Turn, group: string, topic: string, offsets: Offsets): Promise<void> {
  expectEqual(`offsets of ${group}`, sorted(await act(turn, 'describeGroup')(group, topic)), sorted(offsets));
}
