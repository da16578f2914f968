import type { S3StoreConfig } from '../../../src/store/s3/s3-config.ts';
import type { S3StoreOptions } from '../../../src/store/s3/s3-store.ts';
import { FAKE_BUCKET } from '../fakes/fake-s3.ts';

export const s3Options: S3StoreOptions = { ca: undefined, maxConnections: 16, customerKey: undefined };

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
