import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { crc32c } from '@node-rs/crc32';
import { collect, parseContentRange } from '../remote/body.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import type { ByteRange } from '../object-store.ts';
import { StoreError } from '../store-error.ts';

/** CRC-32C as S3 writes it: big-endian, base64. */
export function checksumText(bytes: Uint8Array): string {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32c(bytes));
  return checksum.toString('base64');
}

/** The body of an answer to a GET of `range`, or of all, with length, position and checksum verified. */
export async function readObject(
  answer: GetObjectCommandOutput,
  range: ByteRange | undefined,
  request: RemoteRequest,
): Promise<Buffer> {
  const body = await bodyOf(answer, request);
  if (range === undefined) return verified(body, answer, request);
  const start = parseContentRange(answer.ContentRange)?.start;
  // Without Content-Range this is the whole object: a store that does not know ranges.
  if (start === undefined) return body.subarray(range.start, range.start + range.length);
  if (start === range.start) return body;
  throw new StoreError('corrupt', `Cannot ${request.what}: asked for byte ${range.start} on, got ${start} on`);
}

/** The size of the object behind an answer to a GET of its first byte. */
export async function readSize(answer: GetObjectCommandOutput, request: RemoteRequest): Promise<number> {
  const body = await bodyOf(answer, request);
  return parseContentRange(answer.ContentRange)?.sizeBytes ?? body.length;
}

function bodyOf(answer: GetObjectCommandOutput, request: RemoteRequest): Promise<Buffer> {
  return collect(answer.Body as AsyncIterable<Uint8Array>, answer.ContentLength, request.what);
}

/** A checksum of parts (of a multipart upload; `-` and their number) says nothing that could be compared here. */
function verified(body: Buffer, { ChecksumCRC32C: expected }: GetObjectCommandOutput, request: RemoteRequest): Buffer {
  if (expected === undefined || expected.includes('-') || checksumText(body) === expected) return body;
  throw new StoreError('corrupt', `Cannot ${request.what}: the bytes do not have the checksum that the store names`, {
    remedy: 'If it stays so, the object is damaged in the store.',
    details: { expected },
  });
}
