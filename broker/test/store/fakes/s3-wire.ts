// How S3 writes its answers.
import { createHash } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import type { WireAnswer } from './fake-server.ts';

const ENCRYPTION_HEADERS = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key-md5',
];

/** What a request says of encryption, as the answer repeats it. */
export function encryptionOf(headers: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ENCRYPTION_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  ) as Record<string, string>;
}

export function s3Refusal(status: number, code: string, message: string, fields = '', headers = {}): WireAnswer {
  const body = `<Error><Code>${code}</Code><Message>${message}</Message>${fields}<RequestId>R1</RequestId></Error>`;
  const answer = xmlAnswer(status, body);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

export function preconditionFailed(): WireAnswer {
  const fields = '<Condition>If-None-Match</Condition>';
  return s3Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', fields);
}

export function xmlAnswer(status: number, body: string): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': 'R1' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

export function checksumOf(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32c(body));
  return bytes.toString('base64');
}

export function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

export function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export function unxml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
