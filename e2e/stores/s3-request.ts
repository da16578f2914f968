// Requests to an S3 server as AWS Signature Version 4 wants them, signed by hand: a few requests are no reason for a client library.
import { createHash, createHmac } from 'node:crypto';

export interface S3Keys {
  readonly key: string;
  readonly secret: string;
}

export interface S3Request {
  readonly method: 'GET' | 'PUT';
  readonly endpoint: string;
  readonly keys: S3Keys;
  /** Bucket, or bucket and key. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Beside those of the signature; not signed. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export function s3Request({
  method,
  endpoint,
  keys,
  path,
  query = {},
  headers = {},
  body,
}: S3Request): Promise<Response> {
  const { host } = new URL(endpoint);
  const hash = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const signed = 'host;x-amz-content-sha256;x-amz-date';
  const resource = `/${path.split('/').map(encoded).join('/')}`;
  const search = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&');
  const lines = [`host:${host}`, `x-amz-content-sha256:${hash}`, `x-amz-date:${time}`, ''];
  const canonical = [method, resource, search, ...lines, signed, hash].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const signingKey = scope.split('/').reduce<Buffer | string>((base, part) => hmac(base, part), `AWS4${keys.secret}`);
  const signature = hmac(signingKey, ['AWS4-HMAC-SHA256', time, scope, digest].join('\n')).toString('hex');
  return fetch(`${endpoint}${resource}${search === '' ? '' : `?${search}`}`, {
    method,
    headers: {
      ...headers,
      'x-amz-date': time,
      'x-amz-content-sha256': hash,
      authorization: `AWS4-HMAC-SHA256 Credential=${keys.key}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
}

/** As the signature wants it; encodeURIComponent leaves a few alone. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
