import { hasCode } from '../../edge/index.ts';
import type { PatientStore } from '../../store/index.ts';
import { MetadataCorruptError } from '../errors.ts';

export interface CreatedOnce<T> {
  /** `exists`: somebody was first; `file` is theirs. */
  readonly outcome: 'created' | 'exists';
  readonly file: T;
}

/** Creates the object, or reads the one that is there. Retries outages for ever. */
export async function createOnce<T>(
  store: PatientStore,
  key: string,
  file: T,
  encode: (file: T) => Buffer,
  decode: (bytes: Buffer) => T,
): Promise<CreatedOnce<T>> {
  const body = encode(file);
  // Equal bytes are as good as ours: whoever wrote them said the same.
  const recognise = (existing: Buffer): 'ours' | 'other' | 'unreadable' => {
    if (existing.equals(body)) return 'ours';
    return isReadable(existing, decode) ? 'other' : 'unreadable';
  };
  const answer = await store.createResolved({ key, body: [body], recognise });
  switch (answer.outcome) {
    case 'created':
      return { outcome: 'created', file };
    case 'exists':
      return { outcome: 'exists', file: decode(answer.existing) };
    case 'vanished':
      throw new MetadataCorruptError(`${key} was there and is gone: somebody deletes what must never be deleted`);
  }
}

/** Bytes that do not decode may have been damaged on the way; the store fetches them again. */
function isReadable(bytes: Buffer, decode: (bytes: Buffer) => unknown): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    if (hasCode(error, 'METADATA_CORRUPT')) return false;
    throw error;
  }
}
