import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/ports.ts';
import { createContainer, createS3Bucket } from './buckets.ts';
import { azurite, fakeGcsServer, minio } from './programs.ts';
import { startServer } from './server.ts';
import type { ServerProgram, StoreServer } from './server.ts';

const BUCKET = 'chronik';
const PREFIX = 'team/cluster';

export type StoreName = 's3' | 's3-tls' | 'gcs' | 'azure' | 'azure-tls';

/** The stores by name. Each start is a new, empty one in `directory`. `-tls`: with a certificate of our own (and S3 with a key of our own). */
export const STORES: Readonly<Record<StoreName, (directory: string) => Promise<StoreServer>>> = {
  s3: startMinio,
  's3-tls': startMinioWithTls,
  gcs: startFakeGcsServer,
  azure: startAzurite,
  'azure-tls': startAzuriteWithTls,
};

async function startMinio(directory: string): Promise<StoreServer> {
  const port = await freePort();
  const [key, secret] = ['chronik', randomBytes(12).toString('hex')];
  const stop = await startServer(await minioServer(directory, port, { key, secret }, []));
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

/** With its own certificate authority, and encryption by a key of the customer, which S3 only takes over TLS. */
async function startMinioWithTls(directory: string): Promise<StoreServer> {
  const plain = await startMinio(directory);
  await plain.stop();
  const { S3_ACCESS_KEY: key = '', S3_SECRET_KEY: secret = '' } = plain.environment;
  const certificates = join(directory, 'certificates');
  const certificate = await makeCertificate(certificates);
  const keyFile = join(directory, 'customer-key');
  writeFileSync(keyFile, randomBytes(32).toString('base64'));
  const port = await freePort();
  const program = await minioServer(directory, port, { key, secret }, ['--certs-dir', certificates]);
  return {
    environment: {
      ...plain.environment,
      S3_ENDPOINT: `https://127.0.0.1:${port}`,
      S3_DISABLE_SSL: 'false',
      OBJECT_STORE_CA_FILE: certificate,
      S3_SSE: 'customer',
      S3_SSE_CUSTOMER_KEY_FILE: keyFile,
    },
    stop: await startServer(program),
  };
}

async function minioServer(
  directory: string,
  port: number,
  { key, secret }: { readonly key: string; readonly secret: string },
  flags: readonly string[],
): Promise<ServerProgram> {
  return {
    command: await minio(),
    args: ['server', '--quiet', ...flags, '--address', `127.0.0.1:${port}`, join(directory, 'minio')],
    environment: {
      MINIO_ROOT_USER: key,
      MINIO_ROOT_PASSWORD: secret,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_CI_CD: '1',
    },
    port,
  };
}

/** A certificate for 127.0.0.1 that is its own authority, with the names that MinIO wants. Answers the file to trust. */
async function makeCertificate(directory: string): Promise<string> {
  mkdirSync(directory);
  const [key, certificate] = [join(directory, 'private.key'), join(directory, 'public.crt')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=chronik', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, ...names]);
  return certificate;
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

async function azuriteServer(
  directory: string,
  port: number,
  { account, key }: { readonly account: string; readonly key: string },
  flags: readonly string[],
): Promise<ServerProgram> {
  const location = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', join(directory, 'azurite')];
  return {
    command: process.execPath,
    args: [await azurite(), ...location, ...flags, '--silent', '--skipApiVersionCheck', '--disableTelemetry'],
    environment: { AZURITE_ACCOUNTS: `${account}:${key}` },
    port,
  };
}

async function startAzuriteWithTls(directory: string): Promise<StoreServer> {
  const plain = await startAzurite(directory);
  await plain.stop();
  const { AZURE_ACCOUNT_NAME: account = '', AZURE_ACCOUNT_KEY: key = '' } = plain.environment;
  const certificates = join(directory, 'certificates');
  const certificate = await makeCertificate(certificates);
  const port = await freePort();
  const flags = ['--cert', certificate, '--key', join(certificates, 'private.key')];
  return {
    environment: {
      ...plain.environment,
      AZURE_ENDPOINT: `https://127.0.0.1:${port}/${account}`,
      OBJECT_STORE_CA_FILE: certificate,
    },
    stop: await startServer(await azuriteServer(directory, port, { account, key }, flags)),
  };
}

async function startAzurite(directory: string): Promise<StoreServer> {
  const port = await freePort();
  const [account, key] = ['chronikaccount', randomBytes(64).toString('base64')];
  const stop = await startServer(await azuriteServer(directory, port, { account, key }, []));
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
