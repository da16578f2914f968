// The contract and the boot probe against whatever store the environment names: a real server in e2e/stores, or a bucket
// of your own. Not part of the unit tests.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBrokerConfig } from '../../src/config/index.ts';
import { SystemDisk, systemClock, systemRandom } from '../../src/edge/index.ts';
import { PatientStore, openStore, probeStore } from '../../src/store/index.ts';
import type { ObjectStore } from '../../src/store/index.ts';
import { storeContract } from './contract.ts';

const { primary } = readBrokerConfig(process.env);

function open(): Promise<ObjectStore> {
  return openStore(primary, { disk: new SystemDisk(), random: systemRandom });
}

storeContract(`${primary.backend}, as configured`, async () => {
  const [store, other] = [await open(), await open()];
  return {
    store,
    other,
    // Azurite's listing is a sort of JavaScript strings; names of ours are ASCII.
    sortsByBytes: primary.backend !== 'azure',
    close: async () => {
      await store.close();
      await other.close();
    },
  };
});

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
