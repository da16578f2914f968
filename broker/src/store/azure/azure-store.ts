import type { Clock, Random } from '../../edge/index.ts';
import type {
  BlobGetPropertiesResponse,
  ContainerClient,
  ContainerListBlobFlatSegmentResponse,
} from '@azure/storage-blob';
import type { BucketInspection, Told } from '../bucket-inspection.ts';
import { runningChecksum } from '../object-checksum.ts';
import type { ObjectChecksum } from '../object-checksum.ts';
import type {
  ByteRange,
  CallOptions,
  CreateResult,
  LargeUploads,
  ListPage,
  ObjectStore,
  StoreAddress,
} from '../object-store.ts';
import { collect, joined, verifiedContents } from '../remote/body.ts';
import { BucketPresence } from '../remote/bucket-presence.ts';
import { forEachBounded } from '../remote/for-each-bounded.ts';
import { KeyPrefix, listingStart, listingText } from '../remote/key-prefix.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import type { RemoteOptions } from '../remote/store-connection.ts';
import { newAzureClient } from './azure-client.ts';
import type { AzureStoreConfig } from './azure-config.ts';
import { AzureBlobEncryption } from './azure-encryption.ts';
import { azureCode, azureError, blamesCredentials, notAzureError } from './azure-errors.ts';
import { AzureListing } from './azure-listing.ts';
import { TAKEN, md5, md5Text, signalOf } from './azure-requests.ts';
import { EntraTokens } from './entra-tokens.ts';
import { AzureUploads } from './azure-uploads.ts';

const PARALLEL_DELETES = 16;

const NOT_HERE: Told<never> = {
  isKnown: false,
  why: 'Azure tells it to its management interface only, not through the blob service',
};

export interface AzureStoreOptions extends RemoteOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Contents of the customer's key file. */
  readonly customerKey: string | undefined;
  /** Reads the file with the shared access signature, or with the federated token; rejects with a ChronikError. */
  readonly readFile: (path: string) => Promise<string>;
}

/** Azure Blob Storage: block blobs, each put with one request. */
export class AzureStore implements ObjectStore {
  readonly description: string;
  readonly address: StoreAddress;
  readonly #config: AzureStoreConfig;
  readonly #options: AzureStoreOptions;
  readonly #keys: KeyPrefix;
  readonly #encryption: AzureBlobEncryption;
  readonly #listing = new AzureListing();
  readonly #presence = new BucketPresence();
  readonly uploads: LargeUploads;
  readonly #tokens: EntraTokens | undefined;
  #client: Promise<ContainerClient> | undefined;

  constructor(config: AzureStoreConfig, options: AzureStoreOptions) {
    const { account, container, prefix } = config;
    this.#config = config;
    this.#options = options;
    this.#keys = new KeyPrefix(prefix);
    this.#encryption = new AzureBlobEncryption(config.encryption, options.customerKey);
    const { credentials } = config;
    this.#tokens =
      credentials.kind === 'workload-identity' || credentials.kind === 'managed-identity'
        ? new EntraTokens(credentials, options)
        : undefined;
    this.uploads = new AzureUploads({
      config,
      keys: this.#keys,
      encryption: this.#encryption,
      random: options.random,
      request: (what, changes, answers, send) => this.#request(what, changes, answers, send),
    });
    this.description = `azure://${account}/${container}${prefix === '' ? '' : `/${prefix}`}`;
    this.address = { provider: 'azure', endpoint: account, bucket: container, prefix };
  }

  create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult> {
    return this.#request<CreateResult>(`create ${key}`, true, TAKEN, async (client, request) => {
      const bytes = joined(body);
      const { accessTier } = this.#config;
      const answer = await client.getBlockBlobClient(this.#keys.nameOf(key)).upload(bytes, bytes.length, {
        ...signalOf(options),
        conditions: { ifNoneMatch: '*' },
        transactionalContentMD5: md5(bytes),
        ...this.#encryption.create,
        ...(accessTier === undefined ? {} : { tier: accessTier }),
      });
      if (answer.etag === undefined) throw notAzureError(request);
      this.#encryption.verify(answer, key);
      return 'created';
    });
  }

  async get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined> {
    // A range of no bytes cannot be asked for, but whether the blob is there can.
    if (range?.length === 0) return (await this.head(key, options)) && Buffer.alloc(0);
    const answers = { BlobNotFound: undefined, ...(range === undefined ? {} : { InvalidRange: Buffer.alloc(0) }) };
    return this.#request<Buffer | undefined>(`read ${key}`, false, answers, async (client, request) => {
      const blob = client.getBlobClient(this.#keys.nameOf(key));
      const answer = await blob.download(range?.start ?? 0, range?.length, {
        ...signalOf(options),
        // The SDK would read on by itself where a transfer broke off.
        maxRetryRequests: 0,
        ...this.#encryption.read,
      });
      const { contentRange, contentLength, contentMD5 } = answer;
      const received = runningChecksum('md5');
      const stream = answer.readableStreamBody as AsyncIterable<Uint8Array>;
      const isCompared = range === undefined && contentMD5 !== undefined;
      const body = await collect(stream, contentLength, request.what, isCompared ? received : undefined);
      return verifiedContents({ body, contentRange, checksum: md5Text(contentMD5), received }, range, request.what);
    });
  }

  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined> {
    const answers = { BlobNotFound: undefined };
    return this.#request<{ readonly sizeBytes: number } | undefined>(
      `look at ${key}`,
      false,
      answers,
      async (client, request) => {
        const { contentLength } = await this.#propertiesOf(client, key, options);
        if (contentLength === undefined) throw notAzureError(request);
        return { sizeBytes: contentLength };
      },
    );
  }

  checksum(key: string, options?: CallOptions): Promise<ObjectChecksum | undefined> {
    const answers = { BlobNotFound: undefined };
    return this.#request<ObjectChecksum | undefined>(`look at ${key}`, false, answers, async (client) => {
      const text = md5Text((await this.#propertiesOf(client, key, options)).contentMD5);
      return text === undefined ? undefined : { algorithm: 'md5', text };
    });
  }

  async list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage> {
    const start = listingStart(prefix, after);
    if (start === 'nothing') return { objects: [], more: false };
    return this.#request(listingText(prefix), false, {}, async (client) => {
      const place = {
        prefix: this.#keys.startOf(prefix),
        after: start.after === undefined ? undefined : this.#keys.startOf(start.after),
        limit,
      };
      const { blobs, more } = await this.#listing.page(client, place, options?.signal);
      return { objects: blobs.map(({ key, sizeBytes }) => ({ key: this.#keys.keyOf(key), sizeBytes })), more };
    });
  }

  async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    for (const key of keys) this.#keys.nameOf(key);
    await forEachBounded(keys, PARALLEL_DELETES, (key) =>
      this.#request<void>(`delete ${key}`, true, { BlobNotFound: undefined }, async (client) => {
        await client.getBlobClient(this.#keys.nameOf(key)).delete({ ...signalOf(options), deleteSnapshots: 'include' });
      }),
    );
  }

  inspectBucket(options?: CallOptions): Promise<BucketInspection> {
    return this.#request('look at the container', false, {}, async (client) => {
      const pages = client.listBlobsFlat(signalOf(options)).byPage({ maxPageSize: 1 });
      const page: IteratorResult<ContainerListBlobFlatSegmentResponse, unknown> = await pages.next();
      const storeTimeMs = page.done === true ? undefined : page.value.date?.getTime();
      return { storeTimeMs, versioning: NOT_HERE, lifecycle: NOT_HERE };
    });
  }

  close(): Promise<void> {
    this.#options.agents.destroy();
    return Promise.resolve();
  }

  #propertiesOf(
    client: ContainerClient,
    key: string,
    options: CallOptions | undefined,
  ): Promise<BlobGetPropertiesResponse> {
    const blob = client.getBlobClient(this.#keys.nameOf(key));
    return blob.getProperties({ ...signalOf(options), ...this.#encryption.read });
  }

  /** Sends a request and maps its failure. `answers`: error codes that are answers to this request, with their meaning. */
  async #request<T>(
    what: string,
    changes: boolean,
    answers: Readonly<Record<string, T>>,
    send: (client: ContainerClient, request: RemoteRequest) => Promise<T>,
  ): Promise<T> {
    const request = { what: `${what} in ${this.description}`, changes };
    this.#client ??= this.#newClient();
    const client = this.#client;
    try {
      const answer = await send(await client, request);
      this.#presence.answered();
      return answer;
    } catch (error) {
      const code = azureCode(error);
      if (code !== undefined && Object.hasOwn(answers, code)) {
        this.#presence.answered();
        return answers[code] as T;
      }
      const mapped = azureError(error, request);
      // The next request reads the signature anew, from a file that may have been rotated, or fetches another token.
      if (blamesCredentials(mapped) && this.#client === client) {
        this.#client = undefined;
        this.#tokens?.forget();
      }
      throw this.#presence.judge(mapped);
    }
  }

  async #newClient(): Promise<ContainerClient> {
    const { credentials } = this.#config;
    const sas = credentials.kind === 'sas-file' ? await this.#options.readFile(credentials.path) : undefined;
    return newAzureClient(this.#config, this.#options.agents, { sas, tokens: this.#tokens });
  }
}
