import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { randomHex } from '../../edge/index.ts';
import type { Random } from '../../edge/index.ts';
import type { ContainerClient } from '@azure/storage-blob';
import type { CallOptions, CreateResult, LargeUpload, LargeUploads } from '../object-store.ts';
import type { KeyPrefix } from '../remote/key-prefix.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import type { AzureStoreConfig } from './azure-config.ts';
import type { AzureBlobEncryption } from './azure-encryption.ts';
import { notAzureError } from './azure-errors.ts';
import { TAKEN, md5, signalOf } from './azure-requests.ts';

/** What an upload has in common with the other requests of its store. */
export interface AzureRequests {
  readonly config: AzureStoreConfig;
  readonly keys: KeyPrefix;
  readonly encryption: AzureBlobEncryption;
  readonly random: Random;
  /** Sends one request and maps its failure; `answers`: error codes that are answers. */
  readonly request: <T>(
    what: string,
    changes: boolean,
    answers: Readonly<Record<string, T>>,
    send: (client: ContainerClient, request: RemoteRequest) => Promise<T>,
  ) => Promise<T>;
}

/** Block lists. Blocks that nobody commits are dropped by Azure, after a week or when the name is written. */
export class AzureUploads implements LargeUploads {
  readonly #requests: AzureRequests;

  constructor(requests: AzureRequests) {
    this.#requests = requests;
  }

  begin(key: string): Promise<LargeUpload> {
    return Promise.resolve(new AzureUpload(this.#requests, key, this.#requests.keys.nameOf(key)));
  }

  abortOld(): Promise<number> {
    return Promise.resolve(0);
  }
}

class AzureUpload implements LargeUpload {
  readonly #requests: AzureRequests;
  readonly #key: string;
  readonly #name: string;
  /** Blocks of several uploads lie side by side under one name: ids of ours are nobody else's. */
  readonly #own: string;
  readonly #ids: string[] = [];
  /** MD5 of all bytes through each block. */
  readonly #hashes: Hash[] = [];

  constructor(requests: AzureRequests, key: string, name: string) {
    this.#requests = requests;
    this.#key = key;
    this.#name = name;
    this.#own = randomHex(requests.random, 8);
  }

  send(index: number, part: Buffer, options?: CallOptions): Promise<'sent' | 'gone'> {
    const { encryption, request } = this.#requests;
    this.#hashes[index] = (this.#hashes[index - 1]?.copy() ?? createHash('md5')).update(part);
    return request<'sent' | 'gone'>(`send block ${index + 1} of ${this.#key}`, true, {}, async (client) => {
      // All ids of a blob must be of one length.
      const id = Buffer.from(`${this.#own}-${String(index).padStart(5, '0')}`).toString('base64');
      await client.getBlockBlobClient(this.#name).stageBlock(id, part, part.length, {
        ...signalOf(options),
        transactionalContentMD5: md5(part),
        ...encryption.create,
      });
      this.#ids[index] = id;
      return 'sent';
    });
  }

  /** Put Block List: a block that another's commit has dropped is InvalidBlockList. */
  complete(options?: CallOptions): Promise<CreateResult | 'gone'> {
    const { config, encryption, request } = this.#requests;
    const answers = { ...TAKEN, InvalidBlockList: 'gone' } as const;
    return request<CreateResult | 'gone'>(`create ${this.#key}`, true, answers, async (client, sent) => {
      const answer = await client.getBlockBlobClient(this.#name).commitBlockList(this.#ids, {
        ...signalOf(options),
        conditions: { ifNoneMatch: '*' },
        // "Put Block List": kept with the blob as it is said, since each block was compared; a list has no MD5 by itself.
        blobHTTPHeaders: { blobContentMD5: this.#hashes.at(-1)!.copy().digest() },
        ...encryption.create,
        ...(config.accessTier === undefined ? {} : { tier: config.accessTier }),
      });
      if (answer.etag === undefined) throw notAzureError(sent);
      encryption.verify(answer, this.#key);
      return 'created';
    });
  }

  /** There is no request that drops blocks and nothing else. */
  abort(): Promise<void> {
    return Promise.resolve();
  }
}
