import { GcsStore } from '../../../src/store/gcs/gcs-store.ts';
import { storeContract } from '../contract.ts';
import { FakeGcs } from '../fakes/fake-gcs.ts';
import { gcsConfig, gcsOptions } from './support.ts';

const PREFIX = 'some/prefix';

storeContract(
  'Google Cloud Storage on the wire',
  async () => {
    const fake = new FakeGcs();
    await fake.listen();
    const config = gcsConfig(fake.endpoint, { prefix: PREFIX });
    // What lies beside the prefix must show nowhere.
    fake.seed(['other', 'some/prefiy', 'some/prefix-not/a', 'some/prefix']);
    const store = new GcsStore(config, gcsOptions());
    const other = new GcsStore(config, gcsOptions());
    return {
      store,
      other,
      seed: (keys) => fake.seed(keys.map((key) => `${PREFIX}/${key}`)),
      close: async () => {
        await store.close();
        await other.close();
        await fake.close();
      },
    };
  },
  { inParts: true },
);
