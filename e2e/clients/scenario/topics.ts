import {
  EXCHANGE,
  MORE_PARTITIONS,
  PARTITIONS,
  act,
  expectEqual,
  expectExcludes,
  expectIncludes,
  own,
} from './turn.ts';
import type { Step, Turn } from './turn.ts';

/** Given when a topic is created, so that they can be seen later. */
export const INITIAL_CONFIGS: ReadonlyMap<string, string> = new Map([['message.timestamp.type', 'LogAppendTime']]);

export const CREATE_TOPIC: Step = {
  operation: 'create-topic',
  run: async (turn) => {
    const name = own(turn, 'work');
    await act(turn, 'createTopic')({ name, partitions: PARTITIONS, configs: INITIAL_CONFIGS });
    expectEqual('partitions with a leader', await turn.observer.partitions(name), PARTITIONS);
    const configs = await turn.observer.configs(name);
    for (const [config, value] of INITIAL_CONFIGS) expectEqual(config, configs.get(config), value);
    turn.ledger.partitions.set(name, PARTITIONS);
    turn.ledger.configs.set(name, INITIAL_CONFIGS);
  },
};

export const TOPIC_STEPS: readonly Step[] = [
  {
    operation: 'list-topics',
    run: async (turn) => {
      const names = await act(turn, 'listTopics')();
      expectIncludes('topics', names, [EXCHANGE, own(turn, 'work'), ...turn.kept.partitions.keys()]);
      expectExcludes('topics', names, turn.kept.deletedTopics);
    },
  },
  {
    operation: 'describe-topic',
    run: async (turn) => {
      await expectPartitions(turn, own(turn, 'work'), PARTITIONS);
      for (const [topic, partitions] of turn.kept.partitions) await expectPartitions(turn, topic, partitions);
    },
  },
];

async function expectPartitions(turn: Turn, topic: string, partitions: number): Promise<void> {
  expectEqual(`partitions of ${topic} with a leader`, await act(turn, 'describeTopic')(topic), partitions);
}

/** What changes a topic for good; nothing reads the topic of this turn afterwards. */
export const TOPIC_CHANGES: readonly Step[] = [
  {
    operation: 'create-partitions',
    run: async (turn) => {
      const topic = own(turn, 'work');
      await act(turn, 'createPartitions')(topic, MORE_PARTITIONS);
      expectEqual('partitions with a leader', await turn.observer.partitions(topic), MORE_PARTITIONS);
      turn.ledger.partitions.set(topic, MORE_PARTITIONS);
    },
  },
  {
    operation: 'delete-topic',
    run: async (turn) => {
      const topic = own(turn, 'doomed');
      await act(turn, 'deleteTopic')(topic);
      expectEqual('partitions of the deleted topic', await turn.observer.partitions(topic), 0);
      turn.ledger.deletedTopics.add(topic);
    },
  },
];
