import { hasCode } from '../edge/index.ts';
import { readParts } from '../store/index.ts';
import type { ListedObject } from '../store/index.ts';
import type { CopyContext } from './copy-context.ts';

/** Bytes that were damaged on the way are not damage at rest: they are fetched again before anything is said. */
const READ_ATTEMPTS = 3;
const DAMAGE = ['CORRUPT_SLOT', 'METADATA_CORRUPT', 'STORE_CORRUPT'];

export interface Fetched<Value> {
  readonly bytes: Buffer;
  readonly value: Value;
}

/**
 * Reads an object whole and verifies it: damage is never copied over. Undefined if it is gone. Rejects with what `verify` throws, or
 * with the store's error that no repetition cures.
 */
export async function fetchVerified<Value>(
  { source, signal }: Pick<CopyContext, 'source' | 'signal'>,
  object: ListedObject,
  verify: (bytes: Buffer) => Value,
): Promise<Fetched<Value> | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const parts = await readParts(source, object, signal);
      if (parts === undefined) return undefined;
      const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      return { bytes, value: verify(bytes) };
    } catch (error) {
      if (attempt === READ_ATTEMPTS || !DAMAGE.some((code) => hasCode(error, code))) throw error;
    }
  }
}
