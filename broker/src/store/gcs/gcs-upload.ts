import { crc32c } from '@node-rs/crc32';
import { crc32cText } from '../object-checksum.ts';

export interface Upload {
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * Metadata and contents of a new object in one request (`uploadType=multipart`): the store compares the checksum in the
 * metadata before the object exists. `boundary` must be unpredictable for whoever writes the contents.
 */
export function multipartUpload(
  metadata: Readonly<Record<string, string>>,
  parts: readonly Uint8Array[],
  boundary: string,
): Upload {
  let checksum = 0;
  for (const part of parts) checksum = crc32c(part, checksum);
  const crc = crc32cText(new Uint8Array(0), checksum);
  const head =
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify({ ...metadata, crc32c: crc })}\r\n` +
    `--${boundary}\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    contentType: `multipart/related; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(head), ...parts, Buffer.from(`\r\n--${boundary}--`)]),
  };
}

/** The CRC-32C in an `x-goog-hash: crc32c=...,md5=...` header. */
export function announcedChecksum(header: string | null): string | undefined {
  return /(?:^|[\s,])crc32c=([A-Za-z0-9+/=]+)/.exec(header ?? '')?.[1];
}
