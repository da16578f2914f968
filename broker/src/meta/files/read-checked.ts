import { hasCode } from '../../edge/index.ts';
import type { PatientStore } from '../../store/index.ts';

/** Bytes that were damaged on the way are not damage at rest: they are fetched again before anything is said. */
const READ_ATTEMPTS = 3;

/** Reads and decodes an object; undefined only when the store says that it is not there (P9). Throws what `decode` throws. */
export async function readChecked<T>(
  store: PatientStore,
  key: string,
  decode: (bytes: Buffer) => T,
  signal?: AbortSignal,
): Promise<T | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const bytes = await store.get(key, undefined, signal);
    if (bytes === undefined) return undefined;
    try {
      return decode(bytes);
    } catch (error) {
      if (attempt === READ_ATTEMPTS || !hasCode(error, 'METADATA_CORRUPT')) throw error;
    }
  }
}
