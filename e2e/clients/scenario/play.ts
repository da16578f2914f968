import type { Matrix, Outcome } from '../model/matrix.ts';
import { recordsOf } from '../model/records.ts';
import { CLUSTER_STEPS, PLACEMENT_STEPS } from './cluster-steps.ts';
import { CONFIG_STEPS } from './configs.ts';
import { GROUP_STEPS, prepareGroups } from './groups.ts';
import { LOG_STEPS } from './log-steps.ts';
import { PRODUCE_STEPS } from './producing.ts';
import { READ_STEPS } from './reading.ts';
import { CREATE_TOPIC, INITIAL_CONFIGS, TOPIC_CHANGES, TOPIC_STEPS } from './topics.ts';
import { PARTITIONS, RECORDS_PER_PARTITION, own } from './turn.ts';
import type { Step, Turn } from './turn.ts';

/** Told of each cell as it is known. */
export type OnOutcome = (turn: Turn, step: Step, outcome: Outcome) => void;

const OPENING: readonly Step[] = [...CLUSTER_STEPS, CREATE_TOPIC];

const MAIN: readonly Step[] = [
  ...TOPIC_STEPS,
  ...PRODUCE_STEPS,
  ...READ_STEPS,
  ...GROUP_STEPS,
  ...CONFIG_STEPS,
  ...LOG_STEPS,
  ...TOPIC_CHANGES,
  ...PLACEMENT_STEPS,
];

/** All of one client's cells of one phase but the last, `read-all`, which needs all clients to have written. */
export async function play(turn: Turn, matrix: Matrix, onOutcome: OnOutcome): Promise<void> {
  for (const step of OPENING) await playStep(turn, step, matrix, onOutcome);
  await prepare(turn);
  for (const step of MAIN) await playStep(turn, step, matrix, onOutcome);
}

export async function playStep(turn: Turn, step: Step, matrix: Matrix, onOutcome: OnOutcome): Promise<void> {
  const outcome = await outcomeOf(turn, step);
  matrix.record(turn.client.name, step.operation, turn.phase, outcome);
  onOutcome(turn, step, outcome);
}

async function outcomeOf(turn: Turn, step: Step): Promise<Outcome> {
  const reason = turn.client.lacks[step.operation];
  if (reason !== undefined) return { kind: 'not-applicable', reason };
  const startedAt = performance.now();
  try {
    await step.run(turn);
    return { kind: 'passed', tookMs: performance.now() - startedAt };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What later steps start from, made through the protocol so that no step hangs on another. */
async function prepare(turn: Turn): Promise<void> {
  const { observer } = turn;
  const work = own(turn, 'work');
  if ((await observer.partitions(work)) === 0) {
    await observer.createTopic({ name: work, partitions: PARTITIONS, configs: INITIAL_CONFIGS });
    turn.ledger.partitions.set(work, PARTITIONS);
    turn.ledger.configs.set(work, INITIAL_CONFIGS);
  }
  await observer.createTopic({ name: own(turn, 'doomed'), partitions: 1, configs: new Map() });
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = recordsOf(`${work}/${partition}`).slice(0, RECORDS_PER_PARTITION);
    await observer.produce(work, partition, records);
  }
  await prepareGroups(turn);
}
