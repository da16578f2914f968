import { AzureStore } from '../../../src/store/azure/azure-store.ts';
import { FakeAzure, azureRefusal } from '../fakes/fake-azure.ts';
import { remoteFaults } from '../remote-faults.ts';
import { azureConfig, azureOptions } from './support.ts';

for (const kind of ['account-key', 'sas'] as const) {
  const key = Buffer.from('hidden-secret').toString('base64');
  const credentials = kind === 'sas' ? { kind, token: 'sv=1&sig=hidden-secret' } : { kind, key };
  remoteFaults(`Azure (${kind})`, {
    newFake: () => new FakeAzure(),
    open: (endpoint, maxConnections = 16) =>
      new AzureStore(azureConfig(endpoint, { credentials }), azureOptions({ maxConnections })),
    throttled: azureRefusal(503, 'ServerBusy'),
    wholeObject: (body) => ({ status: 200, headers: { etag: '"0x1"' }, body }),
  });
}
