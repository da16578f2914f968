// The contract and the boot probe against whatever store the environment names: a real server in e2e/stores, or a bucket
// of your own. Not part of the unit tests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DeleteBucketLifecycleCommand, PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { readBrokerConfig } from '../../src/config/index.ts';
import { SystemDisk, systemClock, systemHttpAgents, systemRandom } from '../../src/edge/index.ts';
import { PatientStore, checkStore, openStore, probeStore } from '../../src/store/index.ts';
import type { ObjectStore, StoreCheck } from '../../src/store/index.ts';
import { newS3Client } from '../../src/store/s3/s3-client.ts';
import { storeContract } from './contract.ts';

const { primary } = readBrokerConfig(process.env);

function open(): Promise<ObjectStore> {
  return openStore(primary, { clock: systemClock, disk: new SystemDisk(), random: systemRandom });
}

storeContract(
  `${primary.backend}, as configured`,
  async () => {
    const [store, other] = [await open(), await open()];
    return {
      store,
      other,
      // Azurite's listing is a sort of JavaScript strings; names of ours are ASCII.
      sortsByBytes: primary.backend !== 'azure',
      // To Azurite, a blob of which only blocks were staged exists.
      partsTakeTheName: primary.backend === 'azure',
      close: async () => {
        await store.close();
        await other.close();
      },
    };
  },
  { inParts: primary.backend !== 'local' },
);

describe(`${primary.backend}, as a broker uses it`, () => {
  test('the boot probe finds nothing to object to, and leaves nothing', async () => {
    const store = new PatientStore(await open(), { clock: systemClock, random: systemRandom });
    await probeStore(store, { random: systemRandom });
    assert.deepEqual((await store.list('probe/', undefined, 1)).objects, []);
    await store.close();
  });

  test('two writers of one name: the one that lost is told who has it', async () => {
    const store = new PatientStore(await open(), { clock: systemClock, random: systemRandom });
    const bodies = ['one', 'two'].map((text) => Buffer.from(text));
    const outcomes = await Promise.all(
      bodies.map((body) =>
        store.createResolved({
          key: 'writers/a',
          body: [body],
          recognise: (found) => (found.equals(body) ? 'ours' : 'other'),
        }),
      ),
    );
    const winner = outcomes.findIndex(({ outcome }) => outcome === 'created');
    assert.deepEqual(outcomes[1 - winner], { outcome: 'exists', existing: bodies[winner] });
    await store.close();
  });
});

async function check(): Promise<StoreCheck> {
  const store = await open();
  try {
    return await checkStore(store, {
      clock: systemClock,
      random: systemRandom,
      rates: { heartbeatMs: 10_000, lingerMs: 100 },
      counts: { smallPuts: 5, largePuts: 2, rangedGets: 5 },
    });
  } finally {
    await store.close();
  }
}

describe(`${primary.backend}, checked`, () => {
  test('a broker can run on it: every permission, every guarantee, and a clock like ours', async () => {
    const { problems, permissions, guarantees, clockSkewMs } = await check();
    assert.deepEqual(problems, []);
    assert.ok(permissions.every(({ isAllowed }) => isAllowed));
    assert.equal(guarantees.length, 5);
    assert.equal(clockSkewMs, 0);
  });

  if (primary.backend === 's3') {
    const { bucket, prefix, caFile } = primary;
    const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
    const agents = systemHttpAgents({ maxConnections: 4, ca, proxy: undefined });
    const client = newS3Client(primary, { agents });
    const expire = (names: string): Promise<unknown> =>
      client.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket: bucket,
          LifecycleConfiguration: {
            Rules: [{ ID: 'tidy', Status: 'Enabled', Filter: { Prefix: names }, Expiration: { Days: 7 } }],
          },
        }),
      );

    test('a lifecycle rule that would delete the log is seen and refused; one beside it is not', async () => {
      try {
        await expire(`${prefix}/salvage/`);
        assert.deepEqual((await check()).problems, []);
        await expire(`${prefix}/wal/`);
        const { problems } = await check();
        assert.deepEqual(
          problems.map(({ code }) => code),
          ['LIFECYCLE_EATS_LOG'],
        );
      } finally {
        await client.send(new DeleteBucketLifecycleCommand({ Bucket: bucket }));
        client.destroy();
        agents.destroy();
      }
    });
  }
});
