import { systemClock, systemHttpAgents, systemRandom } from '../../../src/edge/index.ts';
import type { HttpAgentOptions } from '../../../src/edge/index.ts';
import type { AzureStoreConfig } from '../../../src/store/azure/azure-config.ts';
import type { AzureStoreOptions } from '../../../src/store/azure/azure-store.ts';
import { FAKE_ACCOUNT, FAKE_CONTAINER } from '../fakes/fake-azure.ts';

export function azureOptions(changes: Partial<HttpAgentOptions & AzureStoreOptions> = {}): AzureStoreOptions {
  const agents = systemHttpAgents({ maxConnections: 16, ca: undefined, proxy: undefined, ...changes });
  const readFile = (): Promise<string> => Promise.reject(new Error('no file is expected'));
  return { agents, customerKey: undefined, clock: systemClock, random: systemRandom, readFile, ...changes };
}

/** `endpoint`: scheme, host and port of the fake. */
export function azureConfig(endpoint: string, changes: Partial<AzureStoreConfig> = {}): AzureStoreConfig {
  return {
    name: 'primary',
    backend: 'azure',
    endpoint: `${endpoint}/${FAKE_ACCOUNT}`,
    account: FAKE_ACCOUNT,
    container: FAKE_CONTAINER,
    prefix: '',
    credentials: { kind: 'account-key', key: Buffer.from('hidden-secret').toString('base64') },
    encryption: { kind: 'account-default' },
    accessTier: undefined,
    caFile: undefined,
    proxy: undefined,
    ...changes,
  };
}
