import { S3Store } from '../../../src/store/s3/s3-store.ts';
import { storeContract } from '../contract.ts';
import { FakeS3 } from '../fakes/fake-s3.ts';
import { s3Config, s3Options } from './support.ts';

const PREFIX = 'some/prefix';

storeContract(
  'S3 on the wire',
  async () => {
    const fake = new FakeS3();
    await fake.listen();
    const config = s3Config(fake.endpoint, { prefix: PREFIX });
    // What lies beside the prefix must show nowhere.
    fake.seed(['other', 'some/prefiy', 'some/prefix-not/a', 'some/prefix']);
    const store = new S3Store(config, s3Options());
    const other = new S3Store(config, s3Options());
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
