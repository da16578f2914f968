import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { runningChecksum } from '../object-checksum.ts';
import type { RunningChecksum } from '../object-checksum.ts';
import type { ByteRange } from '../object-store.ts';
import { collect, parseContentRange, verifiedContents } from '../remote/body.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';

/** The body of an answer to a GET of `range`, or of all, with length, position and checksum verified. */
export async function readObject(
  answer: GetObjectCommandOutput,
  range: ByteRange | undefined,
  request: RemoteRequest,
): Promise<Buffer> {
  const received = runningChecksum('crc32c');
  const { ContentRange: contentRange } = answer;
  const checksum = ofWhole(answer.ChecksumCRC32C);
  const body = await bodyOf(answer, request, range === undefined && checksum !== undefined ? received : undefined);
  return verifiedContents({ body, contentRange, checksum, received }, range, request.what);
}

/** A checksum of parts (`-` and their number, of a multipart upload) says nothing that bytes could be compared with. */
export function ofWhole(checksum: string | undefined): string | undefined {
  return checksum?.includes('-') === true ? undefined : checksum;
}

/** The size of the object behind an answer to a GET of its first byte. */
export async function readSize(answer: GetObjectCommandOutput, request: RemoteRequest): Promise<number> {
  const body = await bodyOf(answer, request);
  return parseContentRange(answer.ContentRange)?.sizeBytes ?? body.length;
}

function bodyOf(answer: GetObjectCommandOutput, request: RemoteRequest, received?: RunningChecksum): Promise<Buffer> {
  return collect(answer.Body as AsyncIterable<Uint8Array>, answer.ContentLength, request.what, received);
}
