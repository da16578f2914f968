import assert from 'node:assert/strict';
import { ApiKeys, KafkaErrors } from '../../../src/kafka/index.ts';
import { Admin } from '../clients/admin.ts';
import type { ClusterClient } from '../clients/cluster-client.ts';
import { makeBatch } from '../clients/payload.ts';
import { NoAnswerError } from '../clients/wire-connection.ts';
import type { BrokerVariation } from '../cluster/environment.ts';
import { startBroker } from '../cluster/start-broker.ts';
import { FinalCheck } from '../cluster/final-check.ts';
import { ClusterWorld } from '../cluster/world.ts';
import type { TopicHistory } from '../model.ts';
import type { Acks } from '../partition-history.ts';
import type { RunOptions } from '../scenario.ts';

type Pending = ReturnType<typeof makeBatch>;

const CALM: BrokerVariation = {
  lingerMs: 5,
  targetBytes: 100_000,
  tailBytes: 100_000,
  localWalFileBytes: 1 << 20,
  metadataHeartbeatMs: 10_000,
  metadataUploadIntervalMs: 0,
  installation: 'simulation',
  bucket: 'bucket',
};

/** A broker that serves, a topic of one partition and a client: what directed scenarios of the broker begin with. */
export class ClusterBench {
  readonly world: ClusterWorld;
  readonly client: ClusterClient;
  #batches = 0;

  constructor(name: string, options: RunOptions = {}, variation: Partial<BrokerVariation> = {}) {
    this.world = new ClusterWorld(name, startBroker, options, { ...CALM, ...variation });
    this.client = this.world.client('client');
  }

  async start(): Promise<TopicHistory> {
    this.world.host.start();
    await this.serving();
    return await this.createTopic();
  }

  async createTopic(): Promise<TopicHistory> {
    const topic = this.world.model.createTopic('topic', 1);
    await this.world.settle(new Admin(this.world, this.world.client('admin')).createTopic(topic, new Map()));
    await this.world.settle(this.client.refreshPatiently());
    return topic;
  }

  serving(patienceMs?: number): Promise<void> {
    return this.world.until('the broker serves', () => this.world.host.serving, patienceMs);
  }

  /** Sends one batch of one record to `topic-0` until it is acked. */
  async produce(acks: Exclude<Acks, 0>, client: ClusterClient = this.client): Promise<void> {
    await this.world.settle(this.deliver(this.batch(acks, client), client));
  }

  /** A batch of one record; with a producer id it is idempotent. */
  batch(acks: Exclude<Acks, 0>, client: ClusterClient = this.client, producerId?: number): Pending {
    const history = this.world.model.partition('topic', 0);
    const number = this.#batches++;
    const pending = makeBatch(client.process, {
      producer: client.clientId,
      partitionName: history.name,
      number,
      acks,
      recordCount: 1,
      ...(producerId === undefined ? {} : { producerId, producerEpoch: 0, baseSequence: 0 }),
    });
    history.send(pending.sent);
    return pending;
  }

  async deliver(pending: Pending, client: ClusterClient): Promise<void> {
    while (!(await this.attempt(pending, client))) {
      await client.backOff();
      await client.refreshPatiently();
    }
  }

  /** One attempt; true if the batch was acked. */
  async attempt({ bytes, sent }: Pending, client: ClusterClient): Promise<boolean> {
    const partitionData = [{ index: 0, records: Buffer.from(bytes) }];
    try {
      const connection = await client.connection(0);
      const answer = await connection.request(
        ApiKeys.Produce,
        client.version('Produce'),
        {
          acks: sent.acks,
          timeoutMs: 5_000,
          topicData: [{ name: 'topic', topicId: client.topicId('topic'), partitionData }],
        },
        5_000,
      );
      const result = answer.responses[0]?.partitionResponses[0];
      if (result?.errorCode !== KafkaErrors.NONE) return false;
      const { model, scheduler } = this.world;
      model.partition('topic', 0).ack(sent, result.baseOffset, scheduler.nowMs, connection.serverName);
      return true;
    } catch (error) {
      if (error instanceof NoAnswerError) return false;
      throw error;
    }
  }

  /** Destroys everything but the bucket, starts again and compares what is there with what was told. */
  async restoreAndCheck(groups: readonly string[] = []): Promise<void> {
    const { world } = this;
    world.host.retire();
    world.host.restoreFromBucket();
    await this.serving();
    await world.settle(new FinalCheck(world).run(groups));
  }

  /** Demands that boots are refused, or held, with this code and no other, for ten seconds. */
  async refused(code: string): Promise<void> {
    const { host } = this.world;
    const expected = host.expectRefusals();
    await this.world.pass(10_000);
    assert.ok(expected.codes.length > 0, 'the boot was not refused');
    assert.deepEqual([...new Set(expected.codes)], [code]);
    assert.ok(!host.serving);
  }

  /** Runs until the store has carried out a request whose trace line contains the text. */
  async untilStoreSays(text: string): Promise<void> {
    let said = false;
    this.world.onStoreLine = (line) => {
      said ||= line.includes(text);
    };
    await this.world.scheduler.run({ untilMs: this.world.scheduler.nowMs + 60_000, done: () => said });
    assert.ok(said, `the store never said "${text}"`);
  }
}
