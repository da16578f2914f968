import { S3Client } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { RemoteOptions } from '../remote/store-connection.ts';
import type { S3Credentials, S3StoreConfig } from './s3-config.ts';

/** Asks for the checksum of the object with every GET. Ours to verify: the SDK's own CRC-32C reaches 300 MB/s. */
const CHECKSUM_MODE = 'x-amz-checksum-mode';
const PAYLOAD_HASH = 'x-amz-content-sha256';
const CARRIES_BODY = new Set(['PutObjectCommand', 'UploadPartCommand']);

/** A client that sends every request once (rule 22). Cheap: connections are in the agents, and outlive it. */
export function newS3Client(config: S3StoreConfig, { agents }: RemoteOptions): S3Client {
  const settings: S3ClientConfig & { readonly ignoreCache: true } = {
    region: config.region,
    forcePathStyle: config.pathStyle,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A round trip before every large body, and for the SDK a reason to leave the pool.
    expectContinueHeader: false,
    requestHandler: {
      httpAgent: agents.http,
      httpsAgent: agents.https,
      // Waiting for a free connection is back-pressure, not a fault to warn of on the console.
      socketAcquisitionWarningTimeout: 2 ** 31 - 1,
    },
    // Reaches the provider of shared files: a file that was rotated is read again by the next client.
    ignoreCache: true,
    // Said outright, so that no AWS_ENDPOINT_URL of the environment can lead to another store, or to plain HTTP.
    endpoint: endpointOf(config),
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    ...credentialOptions(config.credentials),
  };
  const client = new S3Client(settings);
  addHeaders(client);
  return client;
}

/** Scheme and host that requests go to; of a bucket at Amazon, without the bucket. */
export function endpointOf({ endpoint, region }: S3StoreConfig): string {
  return endpoint ?? `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function credentialOptions(credentials: S3Credentials): Partial<S3ClientConfig> & { readonly profile?: string } {
  switch (credentials.kind) {
    case 'static': {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      return {
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      };
    }
    case 'profile':
      return { profile: credentials.profile };
    case 'chain':
      return {};
  }
}

function addHeaders(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => (args) => {
      const request = args.request as { readonly protocol?: string; readonly headers: Record<string, string> };
      if (context.commandName === 'GetObjectCommand') request.headers[CHECKSUM_MODE] = 'ENABLED';
      // TLS and the CRC-32C protect the body; a SHA-256 over it would cost more than all the rest of a PUT.
      if (CARRIES_BODY.has(context.commandName ?? '') && request.protocol === 'https:') {
        request.headers[PAYLOAD_HASH] = 'UNSIGNED-PAYLOAD';
      }
      return next(args);
    },
    { step: 'build', name: 'chronikHeaders' },
  );
}
