import { systemHttpAgents, systemRandom } from '../../../src/edge/index.ts';
import type { HttpAgentOptions } from '../../../src/edge/index.ts';
import type { GcsStoreConfig } from '../../../src/store/gcs/gcs-config.ts';
import type { GcsStoreOptions } from '../../../src/store/gcs/gcs-store.ts';
import { FAKE_BUCKET } from '../fakes/fake-gcs.ts';

export function gcsOptions(changes: Partial<HttpAgentOptions & GcsStoreOptions> = {}): GcsStoreOptions {
  const agents = systemHttpAgents({ maxConnections: 16, ca: undefined, proxy: undefined, ...changes });
  const readFile = (): Promise<string> => Promise.reject(new Error('no file is expected'));
  return { agents, random: systemRandom, customerKey: undefined, readFile, ...changes };
}

export function gcsConfig(endpoint: string, changes: Partial<GcsStoreConfig> = {}): GcsStoreConfig {
  return {
    name: 'primary',
    backend: 'gcs',
    endpoint,
    bucket: FAKE_BUCKET,
    prefix: '',
    projectId: 'a-project',
    credentials: { kind: 'none' },
    encryption: { kind: 'bucket-default' },
    storageClass: undefined,
    caFile: undefined,
    proxy: undefined,
    ...changes,
  };
}
