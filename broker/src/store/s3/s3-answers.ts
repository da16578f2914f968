import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ByteRange } from '../object-store.ts';
import { checksumText, collect, parseContentRange, verifiedContents } from '../remote/body.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';

/** The body of an answer to a GET of `range`, or of all, with length, position and checksum verified. */
export async function readObject(
  answer: GetObjectCommandOutput,
  range: ByteRange | undefined,
  request: RemoteRequest,
): Promise<Buffer> {
  const body = await bodyOf(answer, request);
  const { ContentRange: contentRange, ChecksumCRC32C: checksum } = answer;
  // A checksum of parts (`-` and their number, of a multipart upload) says nothing that could be compared here.
  const comparable = checksum?.includes('-') === true ? undefined : checksum;
  return verifiedContents({ body, contentRange, checksum: comparable, checksumOf: checksumText }, range, request.what);
}

/** The size of the object behind an answer to a GET of its first byte. */
export async function readSize(answer: GetObjectCommandOutput, request: RemoteRequest): Promise<number> {
  const body = await bodyOf(answer, request);
  return parseContentRange(answer.ContentRange)?.sizeBytes ?? body.length;
}

function bodyOf(answer: GetObjectCommandOutput, request: RemoteRequest): Promise<Buffer> {
  return collect(answer.Body as AsyncIterable<Uint8Array>, answer.ContentLength, request.what);
}
