import { RestError } from '@azure/storage-blob';
import { meaningOfStatus, ownError, refusalError, unansweredError } from '../remote/remote-error.ts';
import type { Meaning, RemoteRequest } from '../remote/remote-error.ts';
import type { StoreError } from '../store-error.ts';

const credentials: Meaning = {
  kind: 'denied',
  remedy:
    'Check the key, the shared access signature and its dates, or the identity and its role (Storage Blob Data Contributor); a rotated AZURE_SAS_FILE is read again, and a token fetched anew, by themselves.',
};
const permission: Meaning = {
  kind: 'denied',
  remedy:
    'The credentials need permission to read, create, write and list (and delete) blobs in the container, and the account must let this machine in.',
};
const immutable: Meaning = {
  kind: 'denied',
  remedy: 'An immutability policy or a legal hold of the container forbids it.',
};
const archived: Meaning = {
  kind: 'archived',
  remedy: 'Move the blob out of the archive tier, and end the lifecycle rule that put it there.',
};
const unclear: Meaning = { kind: 'unclear' };
const unavailable: Meaning = { kind: 'unavailable' };
const throttled: Meaning = { kind: 'throttled' };
const wrongContainer: Meaning = { kind: 'misplaced', remedy: 'Correct AZURE_CONTAINER, or create the container.' };
const wrongRequest: Meaning = { kind: 'invalid', remedy: 'Check the AZURE_ settings of this store.' };
const wrongKey: Meaning = {
  kind: 'denied',
  remedy: 'Check AZURE_CUSTOMER_KEY_FILE: the blob needs the key it was made with.',
};
const damagedOnTheWay: Meaning = { kind: 'corrupt', remedy: 'The body was damaged on its way to the store.' };

/** "Blob Storage error codes" and "Common REST API error codes" of Azure's documentation. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['AuthenticationFailed', credentials],
  ['InvalidAuthenticationInfo', credentials],
  ['NoAuthenticationInformation', credentials],
  ['AuthorizationFailure', credentials],
  ['AuthorizationPermissionMismatch', permission],
  ['AuthorizationProtocolMismatch', permission],
  ['AuthorizationResourceTypeMismatch', permission],
  ['AuthorizationServiceMismatch', permission],
  ['AuthorizationSourceIPMismatch', permission],
  ['InsufficientAccountPermissions', permission],
  ['AccountIsDisabled', permission],
  ['PublicAccessNotPermitted', permission],
  ['BlobImmutableDueToPolicy', immutable],
  ['BlobArchived', archived],
  ['BlobBeingRehydrated', archived],
  ['ServerBusy', throttled],
  ['InternalError', unclear],
  ['OperationTimedOut', unclear],
  ['ContainerNotFound', wrongContainer],
  ['ContainerBeingDeleted', wrongContainer],
  ['ContainerDisabled', wrongContainer],
  ['AccountBeingCreated', unavailable],
  ['IncompleteBody', unavailable],
  ['Md5Mismatch', damagedOnTheWay],
  ['BlobUsesCustomerSpecifiedEncryption', wrongKey],
  ['BlobDoesNotUseCustomerSpecifiedEncryption', wrongKey],
  ['KeyVaultEncryptionKeyNotFound', wrongKey],
  ['KeyVaultAccessTokenCannotBeAcquired', wrongKey],
  ['AccountRequiresHttps', wrongRequest],
  ['InvalidHeaderValue', wrongRequest],
  ['InvalidInput', wrongRequest],
  ['InvalidResourceName', wrongRequest],
  ['InvalidUri', wrongRequest],
  ['OutOfRangeInput', wrongRequest],
  ['RequestBodyTooLarge', wrongRequest],
  ['UnsupportedHeader', wrongRequest],
]);

/** The error code of Azure in an SDK's error, from the header that also answers to HEAD have; undefined if there is none. */
export function azureCode(error: unknown): string | undefined {
  return error instanceof RestError ? (error.response?.headers.get('x-ms-error-code') ?? undefined) : undefined;
}

/** True if other credentials may succeed where these failed. */
export function blamesCredentials(error: StoreError): boolean {
  return error.details['credentials'] === true || (error.kind === 'denied' && error.remedy === credentials.remedy);
}

/** Any error of the SDK as a StoreError, by the store's error code (10-storage §2). */
export function azureError(error: unknown, request: RemoteRequest): StoreError {
  const own = ownError(error);
  if (own !== undefined) return own;
  if (!(error instanceof RestError) || error.response === undefined) return unansweredError(request, error);
  const { status, headers } = error.response;
  const code = azureCode(error);
  const refusal = {
    code: code ?? `HTTP ${status}`,
    status,
    text: code === undefined ? 'not an answer that Azure gives' : '',
    requestId: headers.get('x-ms-request-id') ?? undefined,
  };
  return refusalError(
    request,
    refusal,
    (code === undefined ? undefined : meanings.get(code)) ?? meaningOfStatus(status),
  );
}

/** An answer that is no answer of Azure: nothing may be concluded from it. */
export function notAzureError(request: RemoteRequest): StoreError {
  const refusal = { code: 'unknown', status: undefined, text: 'not an answer that Azure gives', requestId: undefined };
  return refusalError(request, refusal, meaningOfStatus(undefined));
}
