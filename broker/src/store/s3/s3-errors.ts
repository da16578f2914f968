import { S3ServiceException } from '@aws-sdk/client-s3';
import { meaningOfStatus, refusalError, unansweredError } from '../remote/remote-error.ts';
import type { Meaning, Refusal, RemoteRequest } from '../remote/remote-error.ts';
import { StoreError } from '../store-error.ts';
import { awsCredentialsError } from './s3-credentials-error.ts';

const credentials: Meaning = {
  kind: 'denied',
  remedy: 'Check the access key, its secret and the session token; rotated ones are picked up by themselves.',
};
const permission: Meaning = {
  kind: 'denied',
  remedy: 'Allow s3:PutObject, s3:GetObject and s3:ListBucket (and s3:DeleteObject) on the bucket and the prefix.',
};
const clock: Meaning = { kind: 'denied', remedy: 'Set the clock of this machine; it is too far from the store.' };
const kmsKey: Meaning = { kind: 'denied', remedy: 'Allow the use of the KMS key, and check that it is enabled.' };
const throttled: Meaning = { kind: 'throttled' };
const unclear: Meaning = { kind: 'unclear' };
const wrongBucket: Meaning = { kind: 'misplaced', remedy: 'Correct S3_BUCKET, or create the bucket.' };
const wrongRequest: Meaning = { kind: 'invalid', remedy: 'Check the S3_ settings of this store.' };
const full: Meaning = { kind: 'full', remedy: 'Free space in the store, or raise its quota.' };
const damagedOnTheWay: Meaning = { kind: 'corrupt', remedy: 'The body was damaged on its way to the store.' };

/** Error codes of S3 (API reference, "Error responses") and of MinIO and Ceph, where they have their own. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['ConditionalRequestConflict', { kind: 'conflict' }],
  ['OperationAborted', { kind: 'conflict' }],
  [
    'InvalidObjectState',
    { kind: 'archived', remedy: 'Restore the object from the archive, and end the lifecycle rule.' },
  ],
  ['AccessDenied', permission],
  ['AllAccessDisabled', permission],
  ['AccountProblem', permission],
  ['InvalidAccessKeyId', credentials],
  ['SignatureDoesNotMatch', credentials],
  ['InvalidToken', credentials],
  ['ExpiredToken', credentials],
  ['TokenRefreshRequired', credentials],
  ['AuthorizationHeaderMalformed', credentials],
  ['RequestTimeTooSkewed', clock],
  ['KMS.DisabledException', kmsKey],
  ['KMS.AccessDeniedException', kmsKey],
  ['KMS.InvalidStateException', kmsKey],
  ['KMS.NotFoundException', kmsKey],
  ['SlowDown', throttled],
  ['SlowDownRead', throttled],
  ['SlowDownWrite', throttled],
  ['Throttling', throttled],
  ['ThrottlingException', throttled],
  ['RequestLimitExceeded', throttled],
  ['TooManyRequests', throttled],
  ['BandwidthLimitExceeded', throttled],
  ['KMS.ThrottlingException', throttled],
  ['InternalError', unclear],
  ['ServiceUnavailable', unclear],
  // The body did not arrive in time or in full, so nothing was stored.
  ['RequestTimeout', { kind: 'unavailable' }],
  ['IncompleteBody', { kind: 'unavailable' }],
  ['TemporaryRedirect', { kind: 'unavailable', remedy: 'The bucket is new and its name not yet known everywhere.' }],
  ['BadDigest', damagedOnTheWay],
  ['XAmzContentSHA256Mismatch', damagedOnTheWay],
  ['XAmzContentChecksumMismatch', damagedOnTheWay],
  ['NoSuchBucket', wrongBucket],
  ['InvalidBucketName', wrongBucket],
  ['InvalidArgument', wrongRequest],
  ['InvalidRequest', wrongRequest],
  ['InvalidStorageClass', wrongRequest],
  ['EntityTooLarge', wrongRequest],
  ['KeyTooLongError', wrongRequest],
  [
    'NotImplemented',
    { kind: 'invalid', remedy: 'The store lacks something that Chronik needs: use another, or a newer release.' },
  ],
  ['QuotaExceeded', full],
  ['XMinioStorageFull', full],
  ['XMinioAdminBucketQuotaExceeded', full],
]);

const credentialCodes = new Set([...meanings].filter(([, meaning]) => meaning === credentials).map(([code]) => code));

/** The error code of S3 in an SDK's error; undefined if it is not an answer of the store. */
export function s3Code(error: unknown): string | undefined {
  if (!(error instanceof S3ServiceException)) return undefined;
  // The SDK invents these two for answers without a body that it understands.
  return error.name === 'Unknown' || error.name === 'NotFound' ? undefined : error.name;
}

/** True if other credentials may succeed where these failed. */
export function blamesCredentials(error: StoreError): boolean {
  return error.details['credentials'] === true || credentialCodes.has(String(error.details['code']));
}

/** Any error of the SDK as a StoreError, by the store's error code (10-storage §2). */
export function s3Error(error: unknown, request: RemoteRequest): StoreError {
  if (error instanceof StoreError) return error;
  const credentialsError = awsCredentialsError(error, request);
  if (credentialsError !== undefined) return credentialsError;
  const status = statusOf(error);
  if (status === undefined) return unansweredError(request, error);
  const code = s3Code(error);
  const refusal: Refusal = {
    code: code ?? `HTTP ${status}`,
    status,
    text: code === undefined ? 'not an answer that S3 gives' : (error as Error).message,
    requestId: error instanceof S3ServiceException ? error.$metadata.requestId : undefined,
  };
  const region = rightRegion(error);
  return refusalError(request, refusal, region === undefined ? meaningOf(code, status) : wrongRegion(region));
}

/** What an error code says that came without an HTTP error of its own, as in the answer to a DeleteObjects. */
export function s3CodeError(request: RemoteRequest, code: string, text: string): StoreError {
  return refusalError(request, { code, status: undefined, text, requestId: undefined }, meaningOf(code, undefined));
}

/** An answer that is no answer of S3: nothing may be concluded from it. */
export function notS3Error(request: RemoteRequest, status: number | undefined): StoreError {
  const refusal = { code: `HTTP ${status ?? '?'}`, status, text: 'not an answer that S3 gives', requestId: undefined };
  return refusalError(request, refusal, meaningOfStatus(status));
}

function meaningOf(code: string | undefined, status: number | undefined): Meaning {
  return (code === undefined ? undefined : meanings.get(code)) ?? meaningOfStatus(status);
}

function wrongRegion(region: string): Meaning {
  const remedy =
    region === '' ? 'Set S3_REGION to the region of the bucket, and S3_ENDPOINT to match.' : `Set S3_REGION=${region}.`;
  return { kind: 'misplaced', remedy };
}

/** The region that the store names, or '' if it says "another" without naming one; undefined if the region is not the matter. */
function rightRegion(error: unknown): string | undefined {
  if (!(error instanceof S3ServiceException)) return undefined;
  const { name } = error;
  const named = fieldOf(error, 'Region') ?? error.$response?.headers['x-amz-bucket-region'];
  if (name === 'AuthorizationHeaderMalformed') return named;
  if (name === 'PermanentRedirect' || name === 'IllegalLocationConstraintException') return named ?? '';
  return undefined;
}

function fieldOf(error: object, field: string): string | undefined {
  const value: unknown = (error as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'string' ? value : undefined;
}

/** Also set on errors of reading an answer: a page of a proxy, say, that is not S3's XML. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const status = (error.$metadata as { readonly httpStatusCode?: unknown } | undefined)?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}
