import { systemHttpAgents } from '../../../src/edge/index.ts';
import type { HttpAgentOptions } from '../../../src/edge/index.ts';
import type { S3StoreConfig } from '../../../src/store/s3/s3-config.ts';
import type { S3StoreOptions } from '../../../src/store/s3/s3-store.ts';
import { FAKE_BUCKET } from '../fakes/fake-s3.ts';

export function s3Options(changes: Partial<HttpAgentOptions> & { readonly customerKey?: string } = {}): S3StoreOptions {
  const agents = systemHttpAgents({ maxConnections: 16, ca: undefined, proxy: undefined, ...changes });
  return { agents, customerKey: changes.customerKey };
}

export function s3Config(endpoint: string, changes: Partial<S3StoreConfig> = {}): S3StoreConfig {
  return {
    name: 'primary',
    backend: 's3',
    endpoint,
    region: 'eu-central-1',
    bucket: FAKE_BUCKET,
    prefix: '',
    pathStyle: true,
    credentials: {
      kind: 'static',
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'hidden-secret',
      sessionToken: undefined,
    },
    encryption: { kind: 'bucket-default' },
    storageClass: undefined,
    caFile: undefined,
    proxy: undefined,
    ...changes,
  };
}
