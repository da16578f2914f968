import { createHash } from 'node:crypto';
import type { CallOptions } from '../object-store.ts';

/**
 * All of these say that the name is taken: the plain answer, a failed condition, a blob of another type, and a signature that
 * allows creating but not overwriting.
 */
export const TAKEN = {
  BlobAlreadyExists: 'exists',
  ConditionNotMet: 'exists',
  InvalidBlobType: 'exists',
  UnauthorizedBlobOverwrite: 'exists',
} as const;

export function signalOf(options: CallOptions | undefined): { readonly abortSignal?: AbortSignal } {
  return options?.signal === undefined ? {} : { abortSignal: options.signal };
}

/** What Azure compares before it stores a blob, keeps with it, and returns with it. */
export function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

/** What Azure keeps, as text; undefined if it keeps none. */
export function md5Text(kept: Uint8Array | undefined): string | undefined {
  return kept === undefined ? undefined : Buffer.from(kept).toString('base64');
}
