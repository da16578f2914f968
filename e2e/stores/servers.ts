import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/ports.ts';
import { createContainer, createS3Bucket } from './buckets.ts';
import { azurite, fakeGcsServer, minio } from './programs.ts';
import { startServer } from './server.ts';
import type { StoreServer } from './server.ts';

const BUCKET = 'chronik';
const PREFIX = 'team/cluster';

/** The stores by the name of their backend. Each start is a new, empty one in `directory`. */
export const STORES: Readonly<Record<'s3' | 'gcs' | 'azure', (directory: string) => Promise<StoreServer>>> = {
  s3: startMinio,
  gcs: startFakeGcsServer,
  azure: startAzurite,
};

async function startMinio(directory: string): Promise<StoreServer> {
  const program = await minio();
  const port = await freePort();
  const [key, secret] = ['chronik', randomBytes(12).toString('hex')];
  const stop = await startServer({
    command: program,
    args: ['server', '--quiet', '--address', `127.0.0.1:${port}`, join(directory, 'minio')],
    environment: {
      MINIO_ROOT_USER: key,
      MINIO_ROOT_PASSWORD: secret,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_CI_CD: '1',
    },
    port,
  });
  await createS3Bucket(`http://127.0.0.1:${port}`, { key, secret }, BUCKET);
  return {
    environment: {
      OBJECT_STORE_BACKEND: 's3',
      S3_ENDPOINT: `127.0.0.1:${port}`,
      S3_DISABLE_SSL: 'true',
      S3_BUCKET: BUCKET,
      S3_REGION: 'us-east-1',
      S3_ACCESS_KEY: key,
      S3_SECRET_KEY: secret,
      S3_PREFIX: PREFIX,
    },
    stop,
  };
}

async function startFakeGcsServer(directory: string): Promise<StoreServer> {
  const program = await fakeGcsServer();
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const root = join(directory, 'gcs');
  // A directory is a bucket.
  mkdirSync(join(root, BUCKET), { recursive: true });
  const backend = ['-backend', 'filesystem', '-filesystem-root', root];
  const address = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)];
  const urls = ['-public-host', `127.0.0.1:${port}`, '-external-url', endpoint];
  const stop = await startServer({ command: program, args: [...address, ...urls, ...backend], port });
  return {
    environment: {
      OBJECT_STORE_BACKEND: 'gcs',
      GCS_ENDPOINT: endpoint,
      GCS_BUCKET: BUCKET,
      GCS_PROJECT_ID: 'project',
      GCS_PREFIX: PREFIX,
    },
    stop,
  };
}

async function startAzurite(directory: string): Promise<StoreServer> {
  const script = await azurite();
  const port = await freePort();
  const [account, key] = ['chronikaccount', randomBytes(64).toString('base64')];
  const location = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', join(directory, 'azurite')];
  const stop = await startServer({
    command: process.execPath,
    args: [script, ...location, '--silent', '--skipApiVersionCheck', '--disableTelemetry'],
    environment: { AZURITE_ACCOUNTS: `${account}:${key}` },
    port,
  });
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  await createContainer(endpoint, { account, key }, BUCKET);
  return {
    environment: {
      OBJECT_STORE_BACKEND: 'azure',
      AZURE_ENDPOINT: endpoint,
      AZURE_ACCOUNT_NAME: account,
      AZURE_ACCOUNT_KEY: key,
      AZURE_CONTAINER: BUCKET,
      AZURE_PREFIX: PREFIX,
    },
    stop,
  };
}
