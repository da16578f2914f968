// Each provider's own client, set up as its documentation shows and no further: what the adapters are measured against.
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { Storage } from '@google-cloud/storage';
import type { AzureStoreConfig, GcsStoreConfig, S3StoreConfig, StoreConfig } from '../../src/store/index.ts';

export interface RawClient {
  put(key: string, body: Buffer): Promise<unknown>;
  /** Size of what was read. */
  get(key: string): Promise<number>;
  /** The same client, told to send and to compare the checksum that the adapter does; left out where it does so by itself. */
  readonly checked?: RawClient;
}

/** For the emulators of e2e/stores: a fixed key, plain HTTP. Throws for anything else. */
export function rawClient(config: StoreConfig): RawClient {
  switch (config.backend) {
    case 's3':
      return rawS3(config);
    case 'gcs':
      return rawGcs(config);
    case 'azure':
      return rawAzure(config);
    case 'local':
      throw new Error('a directory has no SDK');
  }
}

function rawS3({ endpoint, region, bucket, prefix, credentials }: S3StoreConfig): RawClient {
  if (credentials.kind !== 'static' || endpoint === undefined) throw new Error('needs an endpoint and a fixed key');
  const { accessKeyId, secretAccessKey } = credentials;
  const client = new S3Client({
    region,
    endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  return {
    put: (key, body) => client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Body: body })),
    get: async (key) => {
      const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}` }));
      return (await body?.transformToByteArray())?.length ?? 0;
    },
  };
}

function rawGcs({ endpoint, bucket, prefix, projectId }: GcsStoreConfig): RawClient {
  if (endpoint === undefined || projectId === undefined) throw new Error('needs an endpoint and a project');
  const files = new Storage({ apiEndpoint: endpoint, projectId }).bucket(bucket);
  return {
    // One request: without this it takes two and more.
    put: (key, body) => files.file(`${prefix}/${key}`).save(body, { resumable: false }),
    get: async (key) => (await files.file(`${prefix}/${key}`).download())[0].length,
  };
}

function rawAzure({ endpoint, account, container, prefix, credentials }: AzureStoreConfig): RawClient {
  if (credentials.kind !== 'account-key' || endpoint === undefined) throw new Error('needs an endpoint and a key');
  const credential = new StorageSharedKeyCredential(account, credentials.key);
  const client = new ContainerClient(`${endpoint}/${container}`, credential);
  const checked: RawClient = {
    put: (key, body) =>
      client.getBlockBlobClient(`${prefix}/${key}`).upload(body, body.length, {
        conditions: { ifNoneMatch: '*' },
        transactionalContentMD5: createHash('md5').update(body).digest(),
      }),
    get: async (key) => {
      const { readableStreamBody: stream, contentMD5 } = await client.getBlobClient(`${prefix}/${key}`).download();
      const body = await buffer(stream!);
      if (!createHash('md5').update(body).digest().equals(contentMD5!)) throw new Error(`${key} is damaged`);
      return body.length;
    },
  };
  return {
    put: (key, body) => client.getBlockBlobClient(`${prefix}/${key}`).upload(body, body.length),
    get: async (key) => (await client.getBlobClient(`${prefix}/${key}`).downloadToBuffer()).length,
    checked,
  };
}
