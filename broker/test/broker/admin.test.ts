import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKeys, KafkaErrors, ZERO_UUID } from '../../src/kafka/index.ts';
import { batchOf, fetch, produce, useTopic } from './requests.ts';
import { TestBroker, withBroker } from './test-broker.ts';
import type { TestClient } from './test-client.ts';

interface NewTopic {
  readonly name: string;
  readonly numPartitions?: number;
  readonly configs?: readonly { readonly name: string; readonly value: string | null }[];
}

async function createTopics(client: TestClient, topics: readonly NewTopic[], validateOnly = false) {
  const body = {
    topics: topics.map(({ name, numPartitions = 1, configs = [] }) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs,
    })),
    timeoutMs: 10_000,
    validateOnly,
  };
  return (await client.send(ApiKeys.CreateTopics, 7, body)).topics;
}

async function describeTopic(client: TestClient, name: string) {
  const body = { resources: [{ resourceType: 2, resourceName: name, configurationKeys: null }], includeSynonyms: true };
  const { results } = await client.send(ApiKeys.DescribeConfigs, 4, body);
  return results[0];
}

test('Metadata names brokers, controller, cluster and topics; missing ones are created if that is allowed', () =>
  withBroker(async (broker, client) => {
    const all = await client.send(ApiKeys.Metadata, 1, { topics: null });
    assert.deepEqual(all.brokers, [{ nodeId: 0, host: '127.0.0.1', port: 9092, rack: null }]);
    assert.equal(all.controllerId, 0);
    assert.deepEqual(
      all.topics.map(({ name }) => name),
      ['orders'],
    );
    const refused = await client.send(ApiKeys.Metadata, 12, {
      topics: [{ name: 'absent', topicId: ZERO_UUID }],
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: true,
    });
    assert.equal(refused.clusterId, broker.metadata.image.lineage);
    assert.equal(refused.topics[0]?.errorCode, KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
    assert.equal(broker.metadata.image.topic('absent'), undefined);
    const created = await useTopic(client, 'created');
    assert.equal(created.errorCode, KafkaErrors.NONE);
    assert.equal(created.partitions[0]?.leaderId, 0);
    assert.equal((await useTopic(client, 'not/legal')).errorCode, KafkaErrors.INVALID_TOPIC_EXCEPTION);
    const byId = await client.send(ApiKeys.Metadata, 12, {
      topics: [{ name: null, topicId: created.topicId }],
      includeTopicAuthorizedOperations: true,
    });
    assert.equal(byId.topics[0]?.name, 'created');
    assert.equal(byId.topics[0]?.topicAuthorizedOperations, 3576);
    const unknownId = 'bm90aGluZ25vdGhpbmdubw';
    const absent = await client.send(ApiKeys.Metadata, 12, {
      topics: [{ name: null, topicId: unknownId }],
      includeTopicAuthorizedOperations: false,
    });
    assert.deepEqual(
      [absent.topics[0]?.errorCode, absent.topics[0]?.topicId],
      [KafkaErrors.UNKNOWN_TOPIC_ID, unknownId],
    );
  }));

test('auto.create.topics.enable=false is obeyed', () =>
  withBroker(
    async (_, client) => {
      assert.equal((await useTopic(client, 'absent')).errorCode, KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
    },
    { staticConfigs: new Map([['auto.create.topics.enable', 'false']]) },
  ));

test('topics are created with their partitions and configs, or refused one by one', () =>
  withBroker(async (broker, client) => {
    const configs = [{ name: 'max.message.bytes', value: '1000' }];
    const [good, bad, twice] = await createTopics(client, [
      { name: 'good', numPartitions: 3, configs },
      { name: 'bad', configs: [{ name: 'no.such.config', value: '1' }] },
      { name: 'orders' },
    ]);
    assert.equal(good?.errorCode, KafkaErrors.NONE);
    assert.equal(good?.numPartitions, 3);
    assert.equal(good?.configs?.find(({ name }) => name === 'max.message.bytes')?.value, '1000');
    assert.equal(bad?.errorCode, KafkaErrors.INVALID_CONFIG);
    assert.equal(twice?.errorCode, KafkaErrors.TOPIC_ALREADY_EXISTS);
    assert.equal(broker.metadata.image.topic('good')?.id, good?.topicId);
    const [checked] = await createTopics(client, [{ name: 'checked' }], true);
    assert.equal(checked?.errorCode, KafkaErrors.NONE);
    assert.equal(broker.metadata.image.topic('checked'), undefined);
    assert.equal((await produce(client, 'good', batchOf(['x'.repeat(2000)]))).errorCode, KafkaErrors.MESSAGE_TOO_LARGE);
    assert.equal((await produce(client, 'good', batchOf(['x']), { partition: 2 })).errorCode, KafkaErrors.NONE);
  }));

test('a change of configs takes effect at once', () =>
  withBroker(async (_, client) => {
    const set = (configOperation: number, value: string | null) => ({
      resources: [
        { resourceType: 2, resourceName: 'orders', configs: [{ name: 'max.message.bytes', configOperation, value }] },
      ],
      validateOnly: false,
    });
    await produce(client, 'orders', batchOf(['x'.repeat(500)]));
    const altered = await client.send(ApiKeys.IncrementalAlterConfigs, 1, set(0, '100'));
    assert.equal(altered.responses[0]?.errorCode, KafkaErrors.NONE);
    assert.equal(
      (await produce(client, 'orders', batchOf(['x'.repeat(500)]))).errorCode,
      KafkaErrors.MESSAGE_TOO_LARGE,
    );
    const described = await describeTopic(client, 'orders');
    const shown = described?.configs.find(({ name }) => name === 'max.message.bytes');
    assert.deepEqual([shown?.value, shown?.configSource], ['100', 1]);
    assert.equal(shown?.synonyms.at(-1)?.source, 5);
    const unknown = await client.send(ApiKeys.IncrementalAlterConfigs, 1, set(9, '1'));
    assert.equal(unknown.responses[0]?.errorCode, KafkaErrors.INVALID_REQUEST);
    const replaced = await client.send(ApiKeys.AlterConfigs, 1, {
      resources: [{ resourceType: 2, resourceName: 'orders', configs: [] }],
      validateOnly: false,
    });
    assert.equal(replaced.responses[0]?.errorCode, KafkaErrors.NONE);
    assert.equal((await produce(client, 'orders', batchOf(['x'.repeat(500)]))).errorCode, KafkaErrors.NONE);
    assert.equal((await describeTopic(client, 'absent'))?.errorCode, KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
  }));

test('the configs of a broker are what it really runs with', () =>
  withBroker(
    async (_, client) => {
      const body = {
        resources: [{ resourceType: 4, resourceName: '0', configurationKeys: null }],
        includeSynonyms: false,
      };
      const { results } = await client.send(ApiKeys.DescribeConfigs, 4, body);
      const shown = new Map(results[0]?.configs.map(({ name, value, configSource }) => [name, [value, configSource]]));
      assert.deepEqual(shown.get('max.connections'), ['7', 4]);
      assert.deepEqual(shown.get('advertised.listeners'), ['PLAINTEXT://127.0.0.1:9092', 4]);
      assert.deepEqual(shown.get('connections.max.idle.ms'), ['600000', 5]);
    },
    { limits: { maxConnections: 7 } },
  ));

test('a deleted and re-created topic is another topic, and empty', () =>
  withBroker(async (_, client) => {
    await produce(client, 'orders', batchOf(['old']));
    const before = await useTopic(client, 'orders');
    const topics = [{ name: null, topicId: before.topicId }];
    const deleted = await client.send(ApiKeys.DeleteTopics, 6, { topics, topicNames: [], timeoutMs: 10_000 });
    assert.deepEqual([deleted.responses[0]?.name, deleted.responses[0]?.errorCode], ['orders', KafkaErrors.NONE]);
    assert.equal((await produce(client, 'orders', batchOf(['x']))).errorCode, KafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
    const after = await useTopic(client, 'orders');
    assert.notEqual(after.topicId, before.topicId);
    assert.equal((await fetch(client, 'orders', 0)).highWatermark, 0);
    const again = await client.send(ApiKeys.DeleteTopics, 6, { topics, topicNames: [], timeoutMs: 10_000 });
    assert.equal(again.responses[0]?.errorCode, KafkaErrors.UNKNOWN_TOPIC_ID);
  }));

test('partitions are added, never taken away', () =>
  withBroker(async (_, client) => {
    const grow = async (count: number) => {
      const topics = [{ name: 'orders', count, assignments: null }];
      const response = await client.send(ApiKeys.CreatePartitions, 3, {
        topics,
        timeoutMs: 10_000,
        validateOnly: false,
      });
      return response.results[0]?.errorCode;
    };
    assert.equal(await grow(4), KafkaErrors.NONE);
    assert.equal(await grow(2), KafkaErrors.INVALID_PARTITIONS);
    assert.equal((await produce(client, 'orders', batchOf(['a']), { partition: 3 })).errorCode, KafkaErrors.NONE);
  }));

test('deleted records stay deleted after a restart', async () => {
  const broker = await TestBroker.start();
  const client = await broker.client();
  await useTopic(client, 'orders');
  for (let i = 0; i < 3; i++) await produce(client, 'orders', batchOf(['a', 'b']));
  const remove = async (offset: number) => {
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, offset }] }];
    const response = await client.send(ApiKeys.DeleteRecords, 2, { topics, timeoutMs: 10_000 });
    return response.topics[0]?.partitions[0];
  };
  assert.equal((await remove(7))?.errorCode, KafkaErrors.OFFSET_OUT_OF_RANGE);
  assert.equal((await remove(3))?.lowWatermark, 3);
  assert.equal((await remove(1))?.lowWatermark, 3);
  assert.equal((await fetch(client, 'orders', 1)).errorCode, KafkaErrors.OFFSET_OUT_OF_RANGE);
  assert.equal((await fetch(client, 'orders', 3)).logStartOffset, 3);
  await broker.broker.stop();
  const again = await TestBroker.start({ store: broker.store });
  const other = await again.client();
  assert.equal((await fetch(other, 'orders', 1)).errorCode, KafkaErrors.OFFSET_OUT_OF_RANGE);
  const fetched = await fetch(other, 'orders', 3);
  assert.deepEqual([fetched.logStartOffset, fetched.highWatermark], [3, 6]);
  await again.kill();
});

test('what describes one broker says the truth about one broker', () =>
  withBroker(async (_, client) => {
    await produce(client, 'orders', batchOf(['a'], { producerId: 5, producerEpoch: 0, baseSequence: 3 }));
    const cluster = await client.send(ApiKeys.DescribeCluster, 1, { includeClusterAuthorizedOperations: true });
    assert.deepEqual(
      cluster.brokers.map(({ brokerId }) => brokerId),
      [0],
    );
    const dirs = await client.send(ApiKeys.DescribeLogDirs, 4, { topics: null });
    assert.ok((dirs.results[0]?.topics[0]?.partitions[0]?.partitionSize ?? 0) > 60);
    const wanted = [{ name: 'orders', partitionIndexes: [0] }];
    const producers = await client.send(ApiKeys.DescribeProducers, 0, { topics: wanted });
    const [producer] = producers.topics[0]?.partitions[0]?.activeProducers ?? [];
    assert.deepEqual([producer?.producerId, producer?.lastSequence], [5, 3]);
    const election = await client.send(ApiKeys.ElectLeaders, 2, {
      electionType: 0,
      topicPartitions: [{ topic: 'orders', partitions: [0] }],
      timeoutMs: 1000,
    });
    const [elected] = election.replicaElectionResults[0]?.partitionResult ?? [];
    assert.equal(elected?.errorCode, KafkaErrors.ELECTION_NOT_NEEDED);
    const moves = await client.send(ApiKeys.ListPartitionReassignments, 0, { timeoutMs: 1000, topics: null });
    assert.deepEqual(moves.topics, []);
    const move = await client.send(ApiKeys.AlterPartitionReassignments, 0, {
      timeoutMs: 1000,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, replicas: [7] }] }],
    });
    assert.equal(move.responses[0]?.partitions[0]?.errorCode, KafkaErrors.INVALID_REPLICA_ASSIGNMENT);
  }));

test('DescribeTopicPartitions goes page by page through topics and partitions', () =>
  withBroker(async (_, client) => {
    await createTopics(client, [
      { name: 'a', numPartitions: 3 },
      { name: 'b', numPartitions: 2 },
    ]);
    const seen: string[] = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    do {
      const body = { topics: [{ name: 'b' }, { name: 'a' }, { name: 'zz' }], responsePartitionLimit: 2, cursor };
      const page: Awaited<ReturnType<typeof ask>> = await ask(client, body);
      for (const { name, partitions, errorCode } of page.topics) {
        if (errorCode !== 0) seen.push(`${name} ${errorCode}`);
        for (const { partitionIndex } of partitions) seen.push(`${name}-${partitionIndex}`);
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(seen, ['a-0', 'a-1', 'a-2', 'b-0', 'b-1', 'zz 3']);
  }));

function ask(client: TestClient, body: Parameters<typeof client.send<typeof ApiKeys.DescribeTopicPartitions>>[2]) {
  return client.send(ApiKeys.DescribeTopicPartitions, 0, body);
}

test('ApiVersions tells exactly what is served, and what is not served ends the connection', () =>
  withBroker(async (broker, client) => {
    const { apiKeys } = await client.send(ApiKeys.ApiVersions, 0, {});
    const advertised = new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]));
    assert.deepEqual(advertised.get(ApiKeys.JoinGroup), [0, 9]);
    assert.deepEqual(advertised.get(ApiKeys.Fetch), [4, 18]);
    assert.deepEqual(advertised.get(ApiKeys.ApiVersions), [0, 4]);
    assert.equal(advertised.has(ApiKeys.EndTxn), false);
    assert.equal(advertised.has(ApiKeys.GetTelemetrySubscriptions), false);
    const body = { transactionalId: 't', producerId: 1, producerEpoch: 0, committed: true };
    await assert.rejects(client.send(ApiKeys.EndTxn, 3, body));
    assert.equal(broker.broker.counters.net.connectionsBroken, 1);
  }));

test('whoever wants transactions is told so in words that end the attempt', () =>
  withBroker(async (_, client) => {
    const found = await client.send(ApiKeys.FindCoordinator, 4, { keyType: 1, coordinatorKeys: ['t'] });
    assert.equal(found.coordinators[0]?.errorCode, KafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    const init = await client.send(ApiKeys.InitProducerId, 4, { transactionalId: 't', transactionTimeoutMs: 1000 });
    assert.equal(init.errorCode, KafkaErrors.UNSUPPORTED_VERSION);
  }));
