import type { RunningChecksum } from '../object-checksum.ts';
import type { ByteRange } from '../object-store.ts';
import { StoreError } from '../store-error.ts';

/** The parts of a body as one buffer; a single part is used as it is. */
export function joined(parts: readonly Uint8Array[]): Buffer {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  return Buffer.concat(parts);
}

/**
 * Reads an answer's body. `expectedBytes` is what the provider announced: fewer or more bytes are a broken transfer
 * (`unavailable`), never a short object. `checksum` is updated while the rest is still on its way.
 */
export async function collect(
  stream: AsyncIterable<Uint8Array>,
  expectedBytes: number | undefined,
  what: string,
  checksum?: RunningChecksum,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const chunk of stream) {
    checksum?.update(chunk);
    chunks.push(chunk);
    receivedBytes += chunk.length;
  }
  if (expectedBytes !== undefined && receivedBytes !== expectedBytes) {
    throw new StoreError('unavailable', `Cannot ${what}: ${receivedBytes} of ${expectedBytes} bytes arrived`, {
      remedy: 'The transfer broke off; the request is repeated by itself.',
      details: { receivedBytes, expectedBytes },
    });
  }
  return Buffer.concat(chunks, receivedBytes);
}

/** Total size of the object from a `Content-Range: bytes 0-9/100` header; undefined if the header is missing or odd. */
export function parseContentRange(
  header: string | undefined,
): { readonly start: number; readonly sizeBytes: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(header ?? '');
  return match === null ? undefined : { start: Number(match[1]), sizeBytes: Number(match[2]) };
}

/** What a download needs to be judged: some bytes of an object, and what the provider's headers say about them. */
export interface Download {
  readonly body: Buffer;
  readonly contentRange: string | undefined;
  /** Of the whole object, as text; undefined if the provider does not say it. */
  readonly checksum: string | undefined;
  /** Of the body. */
  readonly received: RunningChecksum;
}

/** The bytes that were asked for, with their position (a range) or checksum (a whole object) verified. */
export function verifiedContents(download: Download, range: ByteRange | undefined, what: string): Buffer {
  const { body, contentRange, checksum, received } = download;
  if (range !== undefined) {
    const start = parseContentRange(contentRange)?.start;
    // Without Content-Range this is the whole object: a store that does not know ranges.
    if (start === undefined) return body.subarray(range.start, range.start + range.length);
    if (start === range.start) return body;
    throw new StoreError('corrupt', `Cannot ${what}: asked for byte ${range.start} on, got ${start} on`);
  }
  if (checksum === undefined || received.text() === checksum) return body;
  throw new StoreError('corrupt', `Cannot ${what}: the bytes do not have the checksum that the store names`, {
    remedy: 'If it stays so, the object is damaged in the store.',
    details: { checksum },
  });
}
