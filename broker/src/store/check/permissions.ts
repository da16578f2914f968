import type { Clock, Random } from '../../edge/index.ts';
import { ChronikError } from '../../edge/index.ts';
import type { ObjectStore, StoreAddress } from '../object-store.ts';
import { Attempts, isWorthRetrying, startingRules } from '../retry.ts';
import { StoreError } from '../store-error.ts';
import type { StoreOperation } from '../store-observer.ts';

export type StoreAction = 'put' | 'get' | 'list' | 'delete';

/** One action that was tried. */
export interface PermissionTry {
  readonly action: StoreAction;
  /** The provider's own name of the permission. */
  readonly permission: string;
  /** False: Chronik runs without it, and says what it does not do then. */
  readonly isNeeded: boolean;
  readonly isAllowed: boolean;
  /** What the store said, if it refused. */
  readonly refusal: string | undefined;
}

/** An outage in the middle of a check is waited out so many times; then the check ends. */
const ATTEMPTS = 6;
const BODY = Buffer.from('chronik store check\n');

const NAMES: Readonly<Record<StoreAddress['provider'], Readonly<Record<StoreAction, string>>>> = {
  s3: { put: 's3:PutObject', get: 's3:GetObject', list: 's3:ListBucket', delete: 's3:DeleteObject' },
  gcs: {
    put: 'storage.objects.create',
    get: 'storage.objects.get',
    list: 'storage.objects.list',
    delete: 'storage.objects.delete',
  },
  azure: { put: 'create and write blobs', get: 'read blobs', list: 'list blobs', delete: 'delete blobs' },
  local: { put: 'write files', get: 'read files', list: 'read directories', delete: 'remove files' },
  memory: { put: 'put', get: 'get', list: 'list', delete: 'delete' },
};

export interface TryContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/**
 * Tries each action that a broker needs on `key` (below probe/) and answers what is allowed. Rejects with STORE_UNREACHABLE if the
 * store does not answer, or with the store's own error if it refuses for another reason than permission.
 */
export async function tryPermissions(
  store: ObjectStore,
  key: string,
  context: TryContext,
): Promise<readonly PermissionTry[]> {
  const steps: readonly (readonly [StoreAction, StoreOperation, (signal: AbortSignal) => Promise<unknown>])[] = [
    ['put', 'create', (signal) => store.create(key, [BODY], { signal })],
    // Reading works or not also where nothing could be put: an absent object is an answer.
    ['get', 'get', (signal) => store.get(key, undefined, { signal })],
    ['list', 'list', (signal) => store.list(key, undefined, 1, { signal })],
    ['delete', 'delete', (signal) => store.delete([key], { signal })],
  ];
  const tries: PermissionTry[] = [];
  for (const [action, operation, act] of steps) {
    const refusal = await refusalOf(store, operation, act, context);
    tries.push({
      action,
      permission: NAMES[store.address.provider][action],
      isNeeded: action !== 'delete',
      isAllowed: refusal === undefined,
      refusal: refusal?.message,
    });
  }
  return tries;
}

/** Why the action is not allowed; undefined if it is. */
async function refusalOf(
  store: ObjectStore,
  operation: StoreOperation,
  act: (signal: AbortSignal) => Promise<unknown>,
  { clock, random, signal }: TryContext,
): Promise<StoreError | undefined> {
  const attempts = new Attempts(startingRules(clock, random), 0);
  for (;;) {
    try {
      await attempts.run(operation, signal, act);
      return undefined;
    } catch (error) {
      if (!(error instanceof StoreError) || signal?.aborted === true) throw error;
      if (error.kind === 'denied') return error;
      if (!isWorthRetrying(error.kind)) throw error;
      attempts.countFailure();
      if (attempts.failed === ATTEMPTS) throw unreachable(store, error);
      await attempts.pause(signal);
    }
  }
}

export function unreachable(store: ObjectStore, error: StoreError): ChronikError {
  return new ChronikError('STORE_UNREACHABLE', `${store.description} does not answer: ${error.message}`, {
    remedy: error.remedy === '' ? 'Check address, credentials and network, then run the command again.' : error.remedy,
    cause: error,
  });
}
