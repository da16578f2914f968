import { compareKeys } from '../../../src/store/index.ts';
import { FakeS3Uploads } from './fake-s3-uploads.ts';
import { FakeServer } from './fake-server.ts';
import type { WireAnswer, WireRequest } from './fake-server.ts';
import { checksumOf, encryptionOf, etagOf, preconditionFailed, s3Refusal, unxml, xml, xmlAnswer } from './s3-wire.ts';

export const FAKE_BUCKET = 'fake-bucket';

interface StoredObject {
  readonly body: Buffer;
  readonly checksum: string | undefined;
  readonly encryption: Readonly<Record<string, string>>;
  /** Only readable after a restore. */
  archived: boolean;
}

/** S3 by its API reference: PutObject, GetObject, ListObjectsV2, DeleteObjects, path style. Each rule names its page. */
export class FakeS3 extends FakeServer {
  readonly objects = new Map<string, StoredObject>();
  /** Names whose deletion is refused. */
  readonly undeletable = new Set<string>();
  readonly uploads = new FakeS3Uploads(
    (key) => this.objects.has(key),
    (key, body) => {
      this.objects.set(key, { body, checksum: undefined, encryption: {}, archived: false });
    },
  );
  /** Called for every request; an answer refuses it. */
  gate: ((request: WireRequest) => WireAnswer | undefined) | undefined;

  /** Puts objects of one byte there, past the wire. */
  seed(names: readonly string[]): void {
    const body = Buffer.from('x');
    for (const name of names) this.objects.set(name, { body, checksum: undefined, encryption: {}, archived: false });
  }

  protected handle(request: WireRequest): WireAnswer {
    const refused = this.gate?.(request);
    if (refused !== undefined) return refused;
    const [, bucket = '', ...rest] = request.path.split('/').map(decodeURIComponent);
    // API reference, "Error responses": NoSuchBucket.
    if (bucket !== FAKE_BUCKET) return s3Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const key = rest.join('/');
    const upload = this.uploads.handle(key, request);
    if (upload !== undefined) return upload;
    if (key === '' && request.method === 'GET') return this.#list(request.query);
    if (key === '' && request.method === 'POST') return this.#delete(request.body.toString());
    if (request.method === 'PUT') return this.#put(key, request);
    if (request.method === 'GET') return this.#get(key, request);
    // HeadObject: as a GET, but without a body: of a refusal there is nothing but the status.
    if (request.method === 'HEAD') return { ...this.#get(key, request), body: '' };
    return s3Refusal(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }

  #put(key: string, { headers, body }: WireRequest): WireAnswer {
    const checksum = headers['x-amz-checksum-crc32c'];
    // "Checking object integrity": a checksum in the request is compared before the object is stored.
    if (checksum !== undefined && checksum !== checksumOf(body)) {
      return s3Refusal(400, 'BadDigest', 'The CRC32C you specified did not match what we received.');
    }
    // "Conditional writes": If-None-Match: * fails with 412 Precondition Failed if the name is taken.
    if (headers['if-none-match'] === '*' && this.objects.has(key)) return preconditionFailed();
    const encryption = encryptionOf(headers);
    this.objects.set(key, { body, checksum, encryption, archived: false });
    return { status: 200, headers: { etag: etagOf(body), ...encryption } };
  }

  #get(key: string, { headers }: WireRequest): WireAnswer {
    const found = this.objects.get(key);
    if (found === undefined) return s3Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
    // GetObject, "InvalidObjectState": the object is archived.
    if (found.archived) {
      return s3Refusal(403, 'InvalidObjectState', "The operation is not valid for the object's storage class");
    }
    const given = headers['x-amz-server-side-encryption-customer-key-md5'];
    // "Server-side encryption with customer-provided keys": the key is needed for every read.
    if (found.encryption['x-amz-server-side-encryption-customer-key-md5'] !== given) {
      return s3Refusal(400, 'InvalidRequest', 'The object was stored using a form of Server Side Encryption.');
    }
    const shared = { etag: etagOf(found.body), ...found.encryption };
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers['range'] ?? '');
    if (range === null) {
      const asked = headers['x-amz-checksum-mode'] === 'ENABLED' && found.checksum !== undefined;
      const checksum = asked ? { 'x-amz-checksum-crc32c': found.checksum ?? '' } : {};
      return { status: 200, headers: { ...shared, ...checksum }, body: found.body };
    }
    const start = Number(range[1]);
    // GetObject, "InvalidRange": 416 for a range that begins behind the last byte.
    if (start >= found.body.length) return s3Refusal(416, 'InvalidRange', 'The requested range is not satisfiable');
    const body = found.body.subarray(start, Number(range[2]) + 1);
    const contentRange = `bytes ${start}-${start + body.length - 1}/${found.body.length}`;
    return { status: 206, headers: { ...shared, 'content-range': contentRange }, body };
  }

  /** ListObjectsV2: at most 1,000 keys a page, in UTF-8 byte order, after `start-after` or the token's key. */
  #list(query: URLSearchParams): WireAnswer {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const limit = Math.min(1000, Number(query.get('max-keys') ?? 1000));
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0);
    const page = keys.sort(compareKeys).slice(0, limit);
    const truncated = keys.length > page.length;
    const contents = page
      .map((key) => `<Contents><Key>${xml(key)}</Key><Size>${this.objects.get(key)!.body.length}</Size></Contents>`)
      .join('');
    const token = truncated ? `<NextContinuationToken>${xml(page.at(-1)!)}</NextContinuationToken>` : '';
    return xmlAnswer(
      200,
      `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${FAKE_BUCKET}</Name>` +
        `<KeyCount>${page.length}</KeyCount><IsTruncated>${truncated}</IsTruncated>${token}${contents}</ListBucketResult>`,
    );
  }

  /** DeleteObjects: 200 with one Error for each key that could not be deleted; an absent key counts as deleted. */
  #delete(body: string): WireAnswer {
    const keys = [...body.matchAll(/<Key>(.*?)<\/Key>/gs)].map(([, key]) => unxml(key!));
    if (keys.length > 1000) return s3Refusal(400, 'MalformedXML', 'The XML you provided was not well-formed');
    const errors = keys.filter((key) => this.undeletable.has(key));
    for (const key of keys) if (!this.undeletable.has(key)) this.objects.delete(key);
    const listed = errors.map(
      (key) => `<Error><Key>${xml(key)}</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`,
    );
    return xmlAnswer(200, `<DeleteResult>${listed.join('')}</DeleteResult>`);
  }
}

export { s3Refusal } from './s3-wire.ts';
