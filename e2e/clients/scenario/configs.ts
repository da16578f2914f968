import { act, expectEqual, own } from './turn.ts';
import type { Step, Turn } from './turn.ts';

const ALTERED: ReadonlyMap<string, string> = new Map([
  ['message.timestamp.type', 'LogAppendTime'],
  ['max.message.bytes', '2000000'],
]);

export const CONFIG_STEPS: readonly Step[] = [
  {
    operation: 'alter-configs',
    run: async (turn) => {
      const topic = own(turn, 'work');
      await act(turn, 'alterConfigs')(topic, ALTERED);
      const configs = await turn.observer.configs(topic);
      for (const [name, value] of ALTERED) expectEqual(name, configs.get(name), value);
      turn.ledger.configs.set(topic, ALTERED);
    },
  },
  {
    operation: 'describe-configs',
    run: async (turn) => {
      const expected = turn.ledger.configs.get(own(turn, 'work')) ?? new Map<string, string>();
      await expectConfigs(turn, own(turn, 'work'), expected);
      for (const [topic, configs] of turn.kept.configs) await expectConfigs(turn, topic, configs);
    },
  },
];

async function expectConfigs(turn: Turn, topic: string, expected: ReadonlyMap<string, string>): Promise<void> {
  const configs = await act(turn, 'describeConfigs')(topic);
  for (const [name, value] of expected) expectEqual(`${name} of ${topic}`, configs.get(name), value);
}
