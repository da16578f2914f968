// Buckets are made by whoever owns the store, not by Chronik, which needs no permission for it. Signed by hand: two
// requests are no reason for a client library.
import { createHash, createHmac } from 'node:crypto';

const AZURE_VERSION = '2021-12-02';
const ATTEMPTS = 100;

/** Creates a bucket (AWS Signature Version 4). A server that has just started may answer 503 for a while. */
export async function createS3Bucket(
  endpoint: string,
  { key, secret }: { readonly key: string; readonly secret: string },
  bucket: string,
): Promise<void> {
  const host = new URL(endpoint).host;
  const hash = createHash('sha256').update('').digest('hex');
  for (let attempt = 1; ; attempt += 1) {
    const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const signed = 'host;x-amz-content-sha256;x-amz-date';
    const canonical = [
      'PUT',
      `/${bucket}`,
      '',
      `host:${host}`,
      `x-amz-content-sha256:${hash}`,
      `x-amz-date:${time}`,
      '',
      signed,
      hash,
    ];
    const digest = createHash('sha256').update(canonical.join('\n')).digest('hex');
    const signingKey = scope.split('/').reduce<Buffer | string>((base, part) => hmac(base, part), `AWS4${secret}`);
    const signature = hmac(signingKey, ['AWS4-HMAC-SHA256', time, scope, digest].join('\n')).toString('hex');
    const response = await fetch(`${endpoint}/${bucket}`, {
      method: 'PUT',
      headers: {
        'x-amz-date': time,
        'x-amz-content-sha256': hash,
        authorization: `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
      },
    });
    if (response.ok) return;
    if (attempt === ATTEMPTS) throw new Error(`bucket not made: ${response.status} ${await response.text()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

/** Creates a container (Azure's Shared Key). */
export async function createContainer(
  endpoint: string,
  { account, key }: { readonly account: string; readonly key: string },
  container: string,
): Promise<void> {
  const url = new URL(`${endpoint}/${container}?restype=container`);
  const date = new Date().toUTCString();
  const headers = `x-ms-date:${date}\nx-ms-version:${AZURE_VERSION}`;
  // Twelve header lines that are empty here, between the method and our own headers.
  const text = `PUT\n${'\n'.repeat(11)}${headers}\n/${account}${url.pathname}\nrestype:container`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  const response = await fetch(url, {
    method: 'PUT',
    headers: { 'x-ms-date': date, 'x-ms-version': AZURE_VERSION, authorization: `SharedKey ${account}:${signature}` },
  });
  if (!response.ok) throw new Error(`container not made: ${response.status} ${await response.text()}`);
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
