import type { Random } from '../../edge/index.ts';
import { randomHex } from '../../edge/index.ts';
import type { BucketInspection } from '../bucket-inspection.ts';
import { runningChecksum } from '../object-checksum.ts';
import type { ObjectChecksum } from '../object-checksum.ts';
import type {
  ByteRange,
  CallOptions,
  CreateResult,
  LargeUploads,
  ListPage,
  ListedObject,
  ObjectStore,
  StoreAddress,
} from '../object-store.ts';
import { verifiedContents } from '../remote/body.ts';
import { BucketPresence } from '../remote/bucket-presence.ts';
import { forEachBounded } from '../remote/for-each-bounded.ts';
import { KeyPrefix, listingStart, listingText } from '../remote/key-prefix.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import type { RemoteOptions } from '../remote/store-connection.ts';
import { GcsClient } from './gcs-client.ts';
import type { GcsAnswer, GcsRequest } from './gcs-client.ts';
import type { GcsStoreConfig } from './gcs-config.ts';
import { GcsObjectEncryption } from './gcs-encryption.ts';
import { blamesCredentials, gcsAnswerError, gcsError, gcsRefusal, noBucketError, saysNoObject } from './gcs-errors.ts';
import { inspectGcsBucket } from './gcs-inspection.ts';
import { asArray, field, parseJson } from './gcs-json.ts';
import { GcsUploads } from './gcs-resumable.ts';
import { announcedChecksum, multipartUpload } from './gcs-upload.ts';

const KEYS_PER_PAGE = 1000;
const PARALLEL_DELETES = 16;

export interface GcsStoreOptions extends RemoteOptions {
  readonly random: Random;
  /** Contents of the customer's key file. */
  readonly customerKey: string | undefined;
  /** Reads the file with credentials; rejects with a ChronikError. */
  readonly readFile: (path: string) => Promise<string>;
}

/** Google Cloud Storage by its JSON API; creates with `ifGenerationMatch=0`, and never resumable. */
export class GcsStore implements ObjectStore {
  readonly description: string;
  readonly address: StoreAddress;
  readonly #config: GcsStoreConfig;
  readonly #options: GcsStoreOptions;
  readonly #keys: KeyPrefix;
  readonly #encryption: GcsObjectEncryption;
  readonly #presence = new BucketPresence();
  readonly #client: GcsClient;
  readonly #objects: string;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly uploads: LargeUploads;
  #boundaries = 0;

  constructor(config: GcsStoreConfig, options: GcsStoreOptions) {
    const { bucket, prefix } = config;
    this.#config = config;
    this.#options = options;
    this.#keys = new KeyPrefix(prefix);
    this.#encryption = new GcsObjectEncryption(config.encryption, options.customerKey);
    this.#client = new GcsClient(config, options.agents, options.readFile);
    this.#objects = `/storage/v1/b/${encodeURIComponent(bucket)}/o`;
    this.#metadata = {
      contentType: 'application/octet-stream',
      ...(config.storageClass === undefined ? {} : { storageClass: config.storageClass }),
    };
    this.uploads = new GcsUploads({
      client: this.#client,
      keys: this.#keys,
      encryption: this.#encryption,
      objects: this.#objects,
      metadata: this.#metadata,
      request: (what, changes, send) => this.#request(what, changes, send),
    });
    this.description = `gs://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.address = { provider: 'gcs', endpoint: new URL(this.#client.endpoint).host, bucket, prefix };
  }

  create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    return this.#request(`create ${key}`, true, async (request) => {
      const metadata = { name: this.#keys.nameOf(key), ...this.#metadata };
      this.#boundaries += 1;
      const upload = multipartUpload(metadata, body, `${randomHex(this.#options.random, 24)}${this.#boundaries}`);
      const query = new URLSearchParams({ uploadType: 'multipart', ifGenerationMatch: '0', ...this.#encryption.query });
      const answer = await this.#client.send({
        method: 'POST',
        path: `/upload${this.#objects}?${query.toString()}`,
        headers: { 'content-type': upload.contentType, ...this.#encryption.headers },
        body: upload.body,
        signal: options?.signal,
      });
      if (gcsRefusal(answer).reason === 'conditionNotMet') return 'exists';
      if (answer.status === 404 && gcsRefusal(answer).reason === 'notFound') throw noBucketError(request);
      const resource = parseJson(answer.body);
      if (answer.status !== 200 || field(resource, 'name') === undefined) throw gcsAnswerError(request, answer);
      this.#encryption.verify(resource, key);
      return 'created';
    });
  }

  async get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    // A range of no bytes cannot be asked for, but whether the object is there can.
    if (range?.length === 0) return (await this.head(key, options)) && Buffer.alloc(0);
    return this.#request(`read ${key}`, false, async (request) => {
      const name = this.#keys.nameOf(key);
      const answer = await this.#client.send({
        method: 'GET',
        path: `${this.#objects}/${encodeURIComponent(name)}?alt=media`,
        headers: {
          ...this.#encryption.headers,
          ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.start + range.length - 1}` }),
        },
        signal: options?.signal,
      });
      if (answer.status === 404) return this.#absent(name, answer, request, options);
      if (answer.status === 416 && range !== undefined) return this.#beyondEnd(key, range, answer, request, options);
      if (answer.status === 200) return contents(answer, range, request);
      if (answer.status === 206 && range !== undefined) return contents(answer, range, request);
      throw gcsAnswerError(request, answer);
    });
  }

  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    return this.#request(`look at ${key}`, false, async (request) => {
      const name = this.#keys.nameOf(key);
      const answer = await this.#metadataOf(name, 'size', options);
      if (answer.status === 404) return this.#absent(name, answer, request, options);
      const sizeBytes = sizeOf(parseJson(answer.body));
      if (answer.status !== 200 || sizeBytes === undefined) throw gcsAnswerError(request, answer);
      return { sizeBytes };
    });
  }

  checksum(key: string, options?: CallOptions): Promise<ObjectChecksum | undefined> {
    return this.#request(`look at ${key}`, false, async (request) => {
      const name = this.#keys.nameOf(key);
      const answer = await this.#metadataOf(name, 'crc32c', options);
      if (answer.status === 404) return this.#absent(name, answer, request, options);
      const text = field(parseJson(answer.body), 'crc32c');
      if (answer.status !== 200) throw gcsAnswerError(request, answer);
      return typeof text === 'string' ? { algorithm: 'crc32c', text } : undefined;
    });
  }

  async list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    const start = listingStart(prefix, after);
    if (start === 'nothing') return { objects: [], more: false };
    return this.#request(listingText(prefix), false, async (request) => {
      const startOffset = start.after === undefined ? undefined : this.#keys.startOf(start.after);
      // The start is inclusive: one more is asked for, and the start itself left out.
      const maxResults = Math.min(limit, KEYS_PER_PAGE - 1) + 1;
      let token: string | undefined;
      for (;;) {
        const answer = await this.#listPage(
          this.#keys.startOf(prefix),
          { startOffset, maxResults, token },
          request,
          options,
        );
        token = answer.token;
        const all = answer.objects.filter(({ key }) => after === undefined || key !== after);
        const objects = all.slice(0, limit);
        if (objects.length > 0 || token === undefined) {
          return { objects, more: token !== undefined || all.length > objects.length };
        }
      }
    });
  }

  async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    for (const key of keys) this.#keys.nameOf(key);
    await forEachBounded(keys, PARALLEL_DELETES, (key) =>
      this.#request(`delete ${key}`, true, async (request) => {
        const name = this.#keys.nameOf(key);
        const path = `${this.#objects}/${encodeURIComponent(name)}`;
        const answer = await this.#client.send({ method: 'DELETE', path, signal: options?.signal });
        if (answer.status === 404) {
          await this.#absent(name, answer, request, options);
        } else if (answer.status !== 204 && answer.status !== 200) {
          throw gcsAnswerError(request, answer);
        }
      }),
    );
  }

  inspectBucket(options?: CallOptions): Promise<BucketInspection> {
    return this.#request('look at the bucket', false, (request) =>
      inspectGcsBucket(this.#client, this.#config.bucket, request, options),
    );
  }

  close(): Promise<void> {
    this.#options.agents.destroy();
    return Promise.resolve();
  }

  #metadataOf(name: string, fields: string, options: CallOptions | undefined): Promise<GcsAnswer> {
    const path = `${this.#objects}/${encodeURIComponent(name)}?fields=${fields}`;
    // Checksums of what a customer's key encrypts are told only to who has the key.
    return this.#client.send({ method: 'GET', path, headers: this.#encryption.headers, signal: options?.signal });
  }

  /**
   * Believes a 404 that says "no such object"; any other only once a listing has shown that the bucket is there and the
   * object is not (P9: of an absent bucket, too, the answer is 404 notFound).
   */
  async #absent(
    name: string,
    answer: GcsAnswer,
    request: RemoteRequest,
    options: CallOptions | undefined,
  ): Promise<undefined> {
    if (saysNoObject(answer)) return undefined;
    const page = await this.#listPage(name, { maxResults: 1 }, request, options);
    if (page.objects[0]?.key !== this.#keys.keyOf(name)) return undefined;
    throw gcsAnswerError(request, answer);
  }

  /** A range that begins behind the last byte is empty; nothing else may look like one. */
  async #beyondEnd(
    key: string,
    range: ByteRange,
    answer: GcsAnswer,
    request: RemoteRequest,
    options: CallOptions | undefined,
  ): Promise<Buffer | undefined> {
    const found = await this.head(key, options);
    if (found === undefined) return undefined;
    if (found.sizeBytes <= range.start) return Buffer.alloc(0);
    throw gcsAnswerError(request, answer);
  }

  async #listPage(
    prefix: string,
    {
      startOffset,
      maxResults,
      token,
    }: { startOffset?: string | undefined; maxResults: number; token?: string | undefined },
    request: RemoteRequest,
    options: CallOptions | undefined,
  ): Promise<{ readonly objects: readonly ListedObject[]; readonly token: string | undefined }> {
    const query = new URLSearchParams({
      prefix,
      maxResults: String(maxResults),
      fields: 'kind,items(name,size),nextPageToken',
      ...(startOffset === undefined ? {} : { startOffset }),
      ...(token === undefined ? {} : { pageToken: token }),
    });
    const list: GcsRequest = { method: 'GET', path: `${this.#objects}?${query.toString()}`, signal: options?.signal };
    const answer = await this.#client.send(list);
    if (answer.status === 404 && gcsRefusal(answer).reason === 'notFound') throw noBucketError(request);
    const page = parseJson(answer.body);
    // An empty answer must not pass for an empty bucket (P9).
    if (answer.status !== 200 || field(page, 'kind') !== 'storage#objects') throw gcsAnswerError(request, answer);
    const next = field(page, 'nextPageToken');
    const objects = asArray(field(page, 'items')).map((item) => {
      const name = field(item, 'name');
      const sizeBytes = sizeOf(item);
      if (typeof name !== 'string' || sizeBytes === undefined) throw gcsAnswerError(request, answer);
      return { key: this.#keys.keyOf(name), sizeBytes };
    });
    return { objects, token: typeof next === 'string' && next !== '' ? next : undefined };
  }

  async #request<T>(what: string, changes: boolean, send: (request: RemoteRequest) => Promise<T>): Promise<T> {
    const request = { what: `${what} in ${this.description}`, changes };
    try {
      const answer = await send(request);
      this.#presence.answered();
      return answer;
    } catch (error) {
      const mapped = gcsError(request, error);
      if (blamesCredentials(mapped)) this.#client.forgetCredentials();
      throw this.#presence.judge(mapped);
    }
  }
}

/** Sizes are text in JSON; undefined if it is none. */
function sizeOf(resource: unknown): number | undefined {
  const size = field(resource, 'size');
  return typeof size === 'string' && /^\d{1,15}$/.test(size) ? Number(size) : undefined;
}

/** The body of a download, with position and checksum verified. */
function contents({ headers, body }: GcsAnswer, range: ByteRange | undefined, request: RemoteRequest): Buffer {
  const contentRange = headers.get('content-range') ?? undefined;
  const checksum = announcedChecksum(headers.get('x-goog-hash'));
  const received = runningChecksum('crc32c');
  if (range === undefined) received.update(body);
  return verifiedContents({ body, contentRange, checksum, received }, range, request.what);
}
