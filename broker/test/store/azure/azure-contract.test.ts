import { AzureStore } from '../../../src/store/azure/azure-store.ts';
import { storeContract } from '../contract.ts';
import { FakeAzure } from '../fakes/fake-azure.ts';
import { azureConfig, azureOptions } from './support.ts';

const PREFIX = 'some/prefix';

for (const knowsStartFrom of [true, false]) {
  storeContract(
    `Azure on the wire, ${knowsStartFrom ? 'with' : 'without'} startFrom`,
    async () => {
      const fake = new FakeAzure();
      fake.knowsStartFrom = knowsStartFrom;
      await fake.listen();
      const config = azureConfig(fake.endpoint, { prefix: PREFIX });
      // What lies beside the prefix must show nowhere.
      fake.seed(['other', 'some/prefiy', 'some/prefix-not/a', 'some/prefix']);
      const store = new AzureStore(config, azureOptions());
      const other = new AzureStore(config, azureOptions());
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
}
