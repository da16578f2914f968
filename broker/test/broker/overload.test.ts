import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKeys, KafkaErrors, encodeRequest } from '../../src/kafka/index.ts';
import { isDataSlot } from './gated-store.ts';
import { batchOf, fetch, produce, produceBody } from './requests.ts';
import { withBroker } from './test-broker.ts';

const CAP_BYTES = 1 << 20;
const BATCH_BYTES = 100_000;
const PRODUCERS = 10;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('while the bucket is away, memory has a ceiling, consumers and groups are served, and then all goes on', () =>
  withBroker(
    async (broker, client) => {
      await produce(client, 'orders', batchOf(['first']));
      broker.store.hold(isDataSlot);
      const { budget } = broker.partitions;
      const producers = await Promise.all(Array.from({ length: PRODUCERS }, () => broker.connection()));
      const body = produceBody('orders', batchOf(['x'.repeat(BATCH_BYTES)]), { timeoutMs: 600_000 });
      const frame = Buffer.concat(encodeRequest(ApiKeys.Produce, 9, 1, 'p', body));
      let answers = 0;
      for (const producer of producers) {
        producer.onData = () => answers++;
        for (let i = 0; i < 5; i++) producer.write([frame]);
      }
      for (let i = 0; i < 50; i++) await turn();
      const offered = PRODUCERS * 5 * frame.length;
      assert.ok(budget.usedBytes >= CAP_BYTES, 'the cap was reached');
      assert.ok(budget.usedBytes <= CAP_BYTES + frame.length, `${budget.usedBytes} of ${offered} bytes were taken`);
      assert.ok(broker.broker.counters.net.producersHeldBack > 0);
      assert.equal(answers, 0);
      assert.equal((await fetch(client, 'orders', 0)).highWatermark, 1);
      const found = await client.send(ApiKeys.ApiVersions, 0, {});
      assert.equal(found.errorCode, KafkaErrors.NONE);
      broker.store.letGo();
      const log = broker.partitions.manager.topic('orders')?.logs[0];
      while (log?.highWatermark !== 1 + PRODUCERS * 5) await turn();
      assert.equal(budget.usedBytes, 0);
    },
    { limits: { maxBytesInFlight: CAP_BYTES } },
  ));
