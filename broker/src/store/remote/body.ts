import { StoreError } from '../store-error.ts';

/** The parts of a body as one buffer; a single part is used as it is. */
export function joined(parts: readonly Uint8Array[]): Buffer {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  return Buffer.concat(parts);
}

/**
 * Reads an answer's body. `expectedBytes` is what the provider announced: fewer or more bytes are a broken transfer
 * (`unavailable`), never a short object.
 */
export async function collect(
  stream: AsyncIterable<Uint8Array>,
  expectedBytes: number | undefined,
  what: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const chunk of stream) {
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
