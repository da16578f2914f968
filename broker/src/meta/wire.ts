import { MetadataCorruptError, MetadataFormatError } from './errors.ts';

// Helpers that the codecs of events and of state share.

const ID_BYTES = 16;

/** A topic id as the 16 bytes that lie in the bucket. Throws MetadataCorruptError if it is not 22 characters of base64url. */
export function idBytes(id: string): Buffer {
  const bytes = Buffer.from(id, 'base64url');
  if (bytes.length !== ID_BYTES || bytes.toString('base64url') !== id) {
    throw new MetadataCorruptError(`'${id}' is not a topic id (22 characters of base64url)`);
  }
  return bytes;
}

/** The reverse of idBytes. */
export function idText(bytes: Uint8Array): string {
  if (bytes.length !== ID_BYTES) {
    throw new MetadataCorruptError(`a topic id of ${bytes.length} bytes; ${ID_BYTES} expected`);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/** A copy that does not keep the object it was decoded from in memory. */
export function ownBytes(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

/**
 * Throws MetadataFormatError if a decoded message, or one inside it, carries a field that our schema lacks: a newer version
 * wrote it, and dropping what it meant would give a state that nobody ever had (format gate).
 */
export function refuseUnknown(message: object, what: string): void {
  if (Object.hasOwn(message, '$unknowns')) throw new MetadataFormatError(`${what} holds a field`);
  for (const value of Object.values(message) as readonly unknown[]) {
    if (Array.isArray(value)) {
      // Packed numbers need no look; lists of messages do.
      if (typeof value[0] !== 'object') continue;
      for (const element of value as readonly object[]) refuseUnknown(element, what);
    } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
      refuseUnknown(value, what);
    }
  }
}
