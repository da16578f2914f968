import assert from 'node:assert/strict';
import { ApiKeys, KafkaErrors } from '../../../src/kafka/index.ts';
import type { ApiKey, ApiName, ApiNameOf, RequestInput, ResponseOf } from '../../../src/kafka/index.ts';
import { commitOffsets } from '../clients/offsets.ts';
import { NoAnswerError } from '../clients/wire-connection.ts';
import type { WireConnection } from '../clients/wire-connection.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { ClusterBench } from './cluster-bench.ts';

const GROUP = 'group';

interface Zombie {
  readonly bench: ClusterBench;
  /** To the process that was replaced and does not know it. */
  readonly connection: WireConnection;
}

/**
 * A leader freezes with a client connected. Another process takes over, more is written and committed there. `ask` is sent
 * while the old one still sleeps, so that it is the first thing that it sees when it wakes.
 */
async function askZombie<K extends ApiKey>(
  name: string,
  options: RunOptions | undefined,
  api: { readonly key: K; readonly name: ApiNameOf<K> & ApiName },
  body: RequestInput<ApiNameOf<K>>,
): Promise<{ readonly bench: ClusterBench; readonly answer: ResponseOf<ApiNameOf<K>> | undefined }> {
  const { bench, connection } = await replaced(name, options);
  const version = Math.min(bench.client.version(api.name), 7);
  const asked = connection.request(api.key, version, body, 30_000).catch((error: unknown) => {
    if (error instanceof NoAnswerError) return undefined;
    throw error;
  });
  const zombie = bench.world.host.alive()[0];
  assert.ok(zombie?.process.frozen === true);
  await bench.world.pass(100);
  zombie.process.resume();
  return { bench, answer: await bench.world.settle(asked) };
}

async function replaced(name: string, options: RunOptions | undefined): Promise<Zombie> {
  const bench = new ClusterBench(name, options);
  const { world, client } = bench;
  await bench.start();
  await bench.produce(-1);
  await commit(bench, 1);
  const connection = await world.settle(client.connection(0));
  world.host.becomeZombie(10_000_000);
  await bench.serving();
  const other = world.client('other');
  await world.settle(other.refreshPatiently());
  for (let i = 0; i < 3; i++) await bench.produce(-1, other);
  await commit(bench, 2, other);
  return { bench, connection };
}

/** A commit without membership, as a tool does it; repeated until it is taken. */
async function commit(bench: ClusterBench, offset: number, client = bench.client): Promise<void> {
  const identity = { group: GROUP, memberId: '', generation: -1 };
  const attempt = async (): Promise<void> => {
    for (;;) {
      try {
        const positions = [{ topic: 'topic', partition: 0, offset }];
        const code = await commitOffsets(bench.world, client, 0, identity, positions);
        if (code === KafkaErrors.NONE) return;
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
      }
      await client.request(ApiKeys.FindCoordinator, 'FindCoordinator', {
        key: GROUP,
        keyType: 0,
        coordinatorKeys: [GROUP],
      });
      await client.backOff();
    }
  };
  await bench.world.settle(attempt());
}

async function aZombieTellsNoOldOffsets(options?: RunOptions): Promise<void> {
  const { answer } = await askZombie(
    'rule 18 offset fetch',
    options,
    { key: ApiKeys.OffsetFetch, name: 'OffsetFetch' },
    { groupId: GROUP, topics: [{ name: 'topic', partitionIndexes: [0] }], groups: [], requireStable: false },
  );
  const told = answer?.topics[0]?.partitions[0];
  if (told === undefined || answer?.errorCode !== KafkaErrors.NONE || told.errorCode !== KafkaErrors.NONE) return;
  assert.equal(told.committedOffset, 2, 'a replaced coordinator told an old committed offset');
}

async function aZombieTellsNoOldEnd(options?: RunOptions): Promise<void> {
  const { bench, answer } = await askZombie(
    'rule 18 list offsets',
    options,
    { key: ApiKeys.ListOffsets, name: 'ListOffsets' },
    {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 'topic', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      timeoutMs: 5_000,
    },
  );
  const told = answer?.topics[0]?.partitions[0];
  if (told?.errorCode !== KafkaErrors.NONE) return;
  const acked = [...bench.world.model.partition('topic', 0).sent.values()].length;
  assert.ok(
    told.offset >= acked,
    `a replaced leader told the end ${told.offset} after ${acked} records had been acked`,
  );
}

async function aZombieRefusesNoOffsetBeyondItsEnd(options?: RunOptions): Promise<void> {
  const { answer } = await askZombie(
    'rule 18 fetch',
    options,
    { key: ApiKeys.Fetch, name: 'Fetch' },
    {
      maxWaitMs: 100,
      minBytes: 1,
      topics: [{ topic: 'topic', partitions: [{ partition: 0, fetchOffset: 3, partitionMaxBytes: 1_000 }] }],
    },
  );
  const told = answer?.responses[0]?.partitions[0];
  assert.notEqual(
    told?.errorCode,
    KafkaErrors.OFFSET_OUT_OF_RANGE,
    'a replaced leader called an offset out of range that exists: the consumer would skip data',
  );
}

export const rule18Broker: readonly PinnedScenario[] = [
  { name: 'rule-18 zombie: a replaced coordinator tells no old offsets', run: aZombieTellsNoOldOffsets },
  { name: 'rule-18 zombie: a replaced leader tells no old end', run: aZombieTellsNoOldEnd },
  { name: 'rule-18 zombie: a replaced leader calls nothing out of range', run: aZombieRefusesNoOffsetBeyondItsEnd },
];
