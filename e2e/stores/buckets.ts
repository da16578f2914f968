// Buckets are made by whoever owns the store, not by Chronik, which needs no permission for it.
import { createHmac } from 'node:crypto';
import { s3Request } from './s3-request.ts';
import type { S3Keys } from './s3-request.ts';

const AZURE_VERSION = '2021-12-02';
const ATTEMPTS = 100;

/** Creates a bucket. A server that has just started may answer 503 for a while. */
export async function createS3Bucket(endpoint: string, keys: S3Keys, bucket: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await s3Request({ method: 'PUT', endpoint, keys, path: bucket });
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
