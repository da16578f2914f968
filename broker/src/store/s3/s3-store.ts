import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, ListObjectsV2CommandOutput, S3Client } from '@aws-sdk/client-s3';
import type { BucketInspection } from '../bucket-inspection.ts';
import { crc32cText } from '../object-checksum.ts';
import type { ObjectChecksum } from '../object-checksum.ts';
import { joined } from '../remote/body.ts';
import { KeyPrefix, listingStart, listingText } from '../remote/key-prefix.ts';
import { BucketPresence } from '../remote/bucket-presence.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import type { RemoteOptions } from '../remote/store-connection.ts';
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
import { StoreError } from '../store-error.ts';
import { ofWhole, readObject, readSize } from './s3-answers.ts';
import { endpointOf, newS3Client } from './s3-client.ts';
import type { S3StoreConfig } from './s3-config.ts';
import { S3ObjectEncryption } from './s3-encryption.ts';
import { inspectS3Bucket } from './s3-inspection.ts';
import { blamesCredentials, notS3Error, s3Code, s3CodeError, s3Error } from './s3-errors.ts';
import { S3Uploads, sendOptions } from './s3-uploads.ts';

const KEYS_PER_PAGE = 1000;
const KEYS_PER_DELETE = 1000;

export interface S3StoreOptions extends RemoteOptions {
  /** Contents of the key file of SSE-C. */
  readonly customerKey: string | undefined;
}

/** Amazon S3, or a store that speaks its protocol. One call is one request, but for long lists of deletions. */
export class S3Store implements ObjectStore {
  readonly description: string;
  readonly address: StoreAddress;
  readonly #config: S3StoreConfig;
  readonly #options: S3StoreOptions;
  readonly #keys: KeyPrefix;
  readonly #encryption: S3ObjectEncryption;
  readonly #presence = new BucketPresence();
  readonly uploads: LargeUploads;
  #client: S3Client;

  constructor(config: S3StoreConfig, options: S3StoreOptions) {
    const { bucket, prefix } = config;
    this.#config = config;
    this.#options = options;
    this.#keys = new KeyPrefix(prefix);
    this.#encryption = new S3ObjectEncryption(config.encryption, options.customerKey);
    this.#client = newS3Client(config, options);
    this.uploads = new S3Uploads({
      config,
      keys: this.#keys,
      encryption: this.#encryption,
      request: (what, changes, answers, send) => this.#request(what, changes, answers, send),
    });
    this.description = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.address = { provider: 's3', endpoint: new URL(endpointOf(config)).host, bucket, prefix };
  }

  create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    return this.#request<CreateResult>(
      `create ${key}`,
      true,
      { PreconditionFailed: 'exists' },
      async (client, request) => {
        const bytes = joined(body);
        const command = new PutObjectCommand({
          Bucket: this.#config.bucket,
          Key: this.#keys.nameOf(key),
          Body: bytes,
          ContentLength: bytes.length,
          IfNoneMatch: '*',
          ChecksumCRC32C: crc32cText(bytes),
          ...this.#encryption.create,
          ...(this.#config.storageClass === undefined ? {} : { StorageClass: this.#config.storageClass }),
        });
        const answer = await client.send(command, sendOptions(options));
        if (answer.ETag === undefined) throw notS3Error(request, answer.$metadata.httpStatusCode);
        this.#encryption.verify(answer, key);
        return 'created';
      },
    );
  }

  async get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    // A range of no bytes cannot be asked for, but whether the object is there can.
    if (range?.length === 0) return (await this.head(key, options)) && Buffer.alloc(0);
    const answers = { NoSuchKey: undefined, ...(range === undefined ? {} : { InvalidRange: Buffer.alloc(0) }) };
    return this.#request<Buffer | undefined>(`read ${key}`, false, answers, async (client, request) =>
      readObject(await this.#getObject(client, key, range, options), range, request),
    );
  }

  /**
   * A GET of one byte: the answer to a HEAD has no body, so that a missing object and a missing bucket look alike, and
   * absence is only answered when the store said so (P9). It costs the same.
   */
  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    const answers = { NoSuchKey: undefined, InvalidRange: { sizeBytes: 0 } };
    return this.#request<{ readonly sizeBytes: number } | undefined>(
      `look at ${key}`,
      false,
      answers,
      async (client, request) => {
        const answer = await this.#getObject(client, key, { start: 0, length: 1 }, options);
        return { sizeBytes: await readSize(answer, request) };
      },
    );
  }

  async checksum(key: string, options?: CallOptions): Promise<ObjectChecksum | undefined> {
    try {
      return await this.#request<ObjectChecksum | undefined>(`look at ${key}`, false, {}, async (client) => {
        const command = new HeadObjectCommand({
          Bucket: this.#config.bucket,
          Key: this.#keys.nameOf(key),
          ChecksumMode: 'ENABLED',
          ...this.#encryption.read,
        });
        const text = ofWhole((await client.send(command, sendOptions(options))).ChecksumCRC32C);
        return text === undefined ? undefined : { algorithm: 'crc32c', text };
      });
    } catch (error) {
      if (!(error instanceof StoreError) || error.details['status'] !== 404) throw error;
      // An answer to a HEAD has no body that could say what it is that is not there.
      if ((await this.head(key, options)) !== undefined) throw error;
      return undefined;
    }
  }

  async list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    const start = listingStart(prefix, after);
    if (start === 'nothing') return { objects: [], more: false };
    return this.#request(listingText(prefix), false, {}, async (client, request) => {
      let token: string | undefined;
      for (;;) {
        const command = new ListObjectsV2Command({
          Bucket: this.#config.bucket,
          Prefix: this.#keys.startOf(prefix),
          MaxKeys: Math.min(limit, KEYS_PER_PAGE),
          ...(start.after === undefined ? {} : { StartAfter: this.#keys.startOf(start.after) }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        const answer = await client.send(command, sendOptions(options));
        const page = this.#pageOf(answer, request);
        // A page may be empty with more to come, e.g. where many versions were deleted.
        if (page.objects.length > 0 || !page.more) return page;
        token = answer.NextContinuationToken;
        if (token === undefined) throw notS3Error(request, answer.$metadata.httpStatusCode);
      }
    });
  }

  async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    const names = keys.map((key) => this.#keys.nameOf(key));
    for (let start = 0; start < names.length; start += KEYS_PER_DELETE) {
      await this.#deleteBatch(names.slice(start, start + KEYS_PER_DELETE), options);
    }
  }

  inspectBucket(options?: CallOptions): Promise<BucketInspection> {
    return this.#request('look at the bucket', false, {}, (client, request) =>
      inspectS3Bucket(client, this.#config.bucket, request, options),
    );
  }

  close(): Promise<void> {
    this.#options.agents.destroy();
    return Promise.resolve();
  }

  #getObject(
    client: S3Client,
    key: string,
    range: ByteRange | undefined,
    options: CallOptions | undefined,
  ): Promise<GetObjectCommandOutput> {
    const command = new GetObjectCommand({
      Bucket: this.#config.bucket,
      Key: this.#keys.nameOf(key),
      ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.start + range.length - 1}` }),
      ...this.#encryption.read,
    });
    return client.send(command, sendOptions(options));
  }

  #pageOf(answer: ListObjectsV2CommandOutput, request: RemoteRequest): ListPage {
    // An empty answer must not pass for an empty bucket (P9).
    if (answer.IsTruncated === undefined) throw notS3Error(request, answer.$metadata.httpStatusCode);
    const objects: ListedObject[] = [];
    for (const { Key: name, Size: sizeBytes } of answer.Contents ?? []) {
      if (name === undefined || sizeBytes === undefined) throw notS3Error(request, answer.$metadata.httpStatusCode);
      objects.push({ key: this.#keys.keyOf(name), sizeBytes });
    }
    return { objects, more: answer.IsTruncated };
  }

  /** Some keys may fail and others not; the error is that of the first which failed. */
  #deleteBatch(names: readonly string[], options: CallOptions | undefined): Promise<void> {
    return this.#request(`delete ${names.length} objects`, true, {}, async (client, request) => {
      const command = new DeleteObjectsCommand({
        Bucket: this.#config.bucket,
        Delete: { Objects: names.map((name) => ({ Key: name })), Quiet: true },
      });
      const answer = await client.send(command, sendOptions(options));
      const failures = (answer.Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey');
      const [first] = failures;
      if (first === undefined) return;
      const what = `${request.what} (${failures.length} failed, ${first.Key ?? ''} first)`;
      throw s3CodeError({ ...request, what }, first.Code ?? 'unknown', first.Message ?? '');
    });
  }

  /**
   * Sends a request and maps its failure. `answers`: error codes that are answers to this request, with their meaning.
   */
  async #request<T>(
    what: string,
    changes: boolean,
    answers: Readonly<Record<string, T>>,
    send: (client: S3Client, request: RemoteRequest) => Promise<T>,
  ): Promise<T> {
    const request = { what: `${what} in ${this.description}`, changes };
    const client = this.#client;
    try {
      const answer = await send(client, request);
      this.#presence.answered();
      return answer;
    } catch (error) {
      const code = s3Code(error);
      if (code !== undefined && Object.hasOwn(answers, code)) {
        this.#presence.answered();
        return answers[code] as T;
      }
      const mapped = s3Error(error, request);
      if (blamesCredentials(mapped)) this.#renewClient(client);
      throw this.#presence.judge(mapped);
    }
  }

  /** Reads credentials anew, from files that may have been rotated, and keeps the connections. */
  #renewClient(failed: S3Client): void {
    if (this.#client !== failed) return;
    this.#client = newS3Client(this.#config, this.#options);
  }
}
