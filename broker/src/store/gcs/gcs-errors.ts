import { isNetworkError, meaningOfStatus, ownError, refusalError, unansweredError } from '../remote/remote-error.ts';
import type { Meaning, RemoteRequest } from '../remote/remote-error.ts';
import type { StoreError } from '../store-error.ts';
import type { GcsAnswer } from './gcs-client.ts';
import { asArray, field, parseJson } from './gcs-json.ts';

const credentials: Meaning = {
  kind: 'denied',
  remedy: 'Check GCS_CREDENTIALS_FILE, or the default credentials; rotated ones are picked up by themselves.',
};
const tokensLater: Meaning = {
  kind: 'unavailable',
  remedy: 'The service that gives out access tokens is in trouble; the request is repeated by itself.',
};
const permission: Meaning = {
  kind: 'denied',
  remedy:
    'Allow storage.objects.create, get and list (and delete) on the bucket, e.g. by the role Storage Object User.',
};
const key: Meaning = {
  kind: 'denied',
  remedy: 'Check GCS_CUSTOMER_KEY_FILE: the object needs the key it was made with.',
};
const throttled: Meaning = { kind: 'throttled' };
const wrongRequest: Meaning = { kind: 'invalid', remedy: 'Check the GCS_ settings of this store.' };
const damagedOnTheWay: Meaning = { kind: 'corrupt', remedy: 'The body was damaged on its way to the store.' };
const wrongBucket: Meaning = { kind: 'misplaced', remedy: 'Correct GCS_BUCKET, or create the bucket.' };

/** Reasons of errors of the JSON API ("HTTP status and error codes for JSON"). */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['conflict', { kind: 'conflict' }],
  ['required', credentials],
  ['authError', credentials],
  ['UNAUTHENTICATED', credentials],
  ['forbidden', permission],
  ['insufficientPermissions', permission],
  ['accountDisabled', permission],
  ['retentionPolicyNotMet', permission],
  ['objectUnderActiveHold', permission],
  ['rateLimitExceeded', throttled],
  ['userRateLimitExceeded', throttled],
  ['quotaExceeded', throttled],
  ['invalid', wrongRequest],
  ['badRequest', wrongRequest],
  ['invalidArgument', wrongRequest],
  ['invalidParameter', wrongRequest],
  ['uploadTooLarge', wrongRequest],
  ['customerEncryptionKeyIsIncorrect', key],
  ['resourceIsEncryptedWithCustomerEncryptionKey', key],
  ['resourceNotEncryptedWithCustomerEncryptionKey', key],
]);

/** What a refusal says. */
export interface GcsRefusal {
  /** Undefined: not an answer of the JSON API. */
  readonly reason: string | undefined;
  readonly message: string;
}

export function gcsRefusal({ body }: GcsAnswer): GcsRefusal {
  const error = field(parseJson(body), 'error');
  const [first] = asArray(field(error, 'errors'));
  const reason = field(first, 'reason') ?? field(error, 'status');
  const message = field(error, 'message');
  return {
    reason: typeof reason === 'string' ? reason : undefined,
    // Answers to downloads are plain text.
    message: typeof message === 'string' ? message : body.subarray(0, 200).toString('utf8'),
  };
}

/** True if the answer says in so many words that this object, and not its bucket, is missing. */
export function saysNoObject(answer: GcsAnswer): boolean {
  return answer.status === 404 && /^No such object\b/.test(gcsRefusal(answer).message);
}

/** An answer that is a failure, as a StoreError by its reason (10-storage §2). */
export function gcsAnswerError(request: RemoteRequest, answer: GcsAnswer): StoreError {
  const { status, headers } = answer;
  const { reason, message } = gcsRefusal(answer);
  const refusal = {
    code: reason ?? `HTTP ${status}`,
    status,
    text: reason === undefined ? 'not an answer that Google Cloud Storage gives' : message,
    requestId: headers.get('x-guploader-uploadid') ?? undefined,
  };
  return refusalError(request, refusal, meaningOf(status, reason, message));
}

/** The bucket itself is not there. */
export function noBucketError(request: RemoteRequest): StoreError {
  const refusal = { code: 'notFound', status: 404, text: 'The specified bucket does not exist', requestId: undefined };
  return refusalError(request, refusal, wrongBucket);
}

function meaningOf(status: number, reason: string | undefined, message: string): Meaning {
  if (reason === undefined) return meaningOfStatus(status);
  // There is no reason of its own for it.
  if (status === 400 && /CRC32C|MD5/.test(message)) return damagedOnTheWay;
  return meanings.get(reason) ?? meaningOfStatus(status);
}

/** A request that got no answer, or for which there were no credentials. */
export function gcsError(request: RemoteRequest, error: unknown): StoreError {
  const own = ownError(error);
  if (own !== undefined) return own;
  if (!isCredentialsError(error)) return unansweredError(request, error);
  const status = statusOfAnswer(error);
  const text = `no access token: ${(error as Error).message}`;
  const meaning = status !== undefined && (status === 429 || status >= 500) ? tokensLater : credentials;
  return refusalError(request, { code: 'credentials', status, text, requestId: undefined }, meaning);
}

function statusOfAnswer(error: unknown): number | undefined {
  const status = field(field(error, 'response'), 'status');
  return typeof status === 'number' ? status : undefined;
}

/** True if other credentials may succeed where these failed. */
export function blamesCredentials(error: StoreError): boolean {
  return error.details['credentials'] === true || (error.kind === 'denied' && error.remedy === credentials.remedy);
}

/** Tokens are fetched with requests of the library's own, the only ones whose refusals it throws. */
function isCredentialsError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('response' in error && error.response !== undefined) return true;
  return !isNetworkError(error) && /credential|ENOENT|PEM|private_key|client_email|token/i.test(error.message);
}
