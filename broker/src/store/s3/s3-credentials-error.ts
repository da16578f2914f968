import { S3ServiceException } from '@aws-sdk/client-s3';
import type { RemoteRequest } from '../remote/remote-error.ts';
import { StoreError } from '../store-error.ts';

const WHERE_THEY_COME_FROM =
  'Set S3_ACCESS_KEY and S3_SECRET_KEY or S3_PROFILE, or give this machine a role. For a web identity, check ' +
  'AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE and the trust policy of the role; rotated files are picked up by themselves.';

/** STS, "Common errors" and those of AssumeRoleWithWebIdentity, where trying again helps. */
const PASSING = new Set([
  'IDPCommunicationError',
  'InternalFailure',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
]);

/**
 * A failure to get credentials, as a StoreError; undefined for any other error. The request itself was not sent, so nothing is
 * ambiguous about it, however the call for credentials went.
 */
export function awsCredentialsError(error: unknown, { what }: RemoteRequest): StoreError | undefined {
  if (!(error instanceof Error) || error instanceof S3ServiceException) return undefined;
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return denied(what, `no credentials (${error.message})`, error.name);
  }
  // Of all requests only those for credentials are made of local files.
  if ('path' in error && typeof error.path === 'string' && 'code' in error && typeof error.code === 'string') {
    return denied(what, `the file ${error.path}, which holds credentials, cannot be read (${error.code})`, error.code);
  }
  // Another service of AWS than S3 answers only when it is asked for credentials.
  if (!('$fault' in error) || !('$metadata' in error)) return undefined;
  const status = (error.$metadata as { readonly httpStatusCode?: unknown } | undefined)?.httpStatusCode;
  if (typeof status === 'number' && status < 500 && status !== 429 && !PASSING.has(error.name)) {
    return denied(what, `no credentials: ${error.name}: ${error.message}`, error.name);
  }
  return new StoreError('unavailable', `Cannot ${what}: no credentials: ${error.name}: ${error.message}`, {
    remedy: 'The service that gives out credentials is in trouble; the request is repeated by itself.',
    details: { code: error.name, status, credentials: true },
  });
}

function denied(what: string, why: string, code: string): StoreError {
  return new StoreError('denied', `Cannot ${what}: ${why}`, {
    remedy: WHERE_THEY_COME_FROM,
    details: { code, credentials: true },
  });
}
