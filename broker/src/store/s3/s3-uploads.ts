import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import { crc32cText } from '../object-checksum.ts';
import type { CallOptions, CreateResult, LargeUpload, LargeUploads, UploadShape } from '../object-store.ts';
import type { KeyPrefix } from '../remote/key-prefix.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import type { S3StoreConfig } from './s3-config.ts';
import type { S3ObjectEncryption } from './s3-encryption.ts';
import { notS3Error } from './s3-errors.ts';

/** What an upload has in common with the other requests of its store. */
export interface S3Requests {
  readonly config: S3StoreConfig;
  readonly keys: KeyPrefix;
  readonly encryption: S3ObjectEncryption;
  /** Sends one request and maps its failure; `answers`: error codes that are answers. */
  readonly request: <T>(
    what: string,
    changes: boolean,
    answers: Readonly<Record<string, T>>,
    send: (client: S3Client, request: RemoteRequest) => Promise<T>,
  ) => Promise<T>;
}

/** Multipart uploads. Leftovers are billed until somebody aborts them. */
export class S3Uploads implements LargeUploads {
  readonly #requests: S3Requests;

  constructor(requests: S3Requests) {
    this.#requests = requests;
  }

  begin(key: string, _shape: UploadShape, options?: CallOptions): Promise<LargeUpload> {
    const { config, keys, encryption, request } = this.#requests;
    const name = keys.nameOf(key);
    return request<LargeUpload>(`begin to create ${key}`, true, {}, async (client, sent) => {
      const command = new CreateMultipartUploadCommand({
        Bucket: config.bucket,
        Key: name,
        ChecksumAlgorithm: 'CRC32C',
        ...encryption.create,
        ...(config.storageClass === undefined ? {} : { StorageClass: config.storageClass }),
      });
      const answer = await client.send(command, sendOptions(options));
      if (answer.UploadId === undefined) throw notS3Error(sent, answer.$metadata.httpStatusCode);
      return new S3Upload(this.#requests, key, answer.UploadId, encryption.isConfirmed(answer));
    });
  }

  async abortOld(prefix: string, beforeMs: number, options?: CallOptions): Promise<number> {
    const { config, keys, request } = this.#requests;
    const old = await request<readonly { name: string; id: string }[]>(
      `list uploads under ${prefix}`,
      false,
      // Stores that have no such list keep no leftovers that anybody could find.
      { NotImplemented: [] },
      async (client, sent) => {
        const found: { name: string; id: string }[] = [];
        let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
        for (;;) {
          const listed = { Bucket: config.bucket, Prefix: keys.startOf(prefix), ...markers };
          const page = await client.send(new ListMultipartUploadsCommand(listed), sendOptions(options));
          if (page.IsTruncated === undefined) throw notS3Error(sent, page.$metadata.httpStatusCode);
          for (const { Key: name, UploadId: id, Initiated: begun } of page.Uploads ?? []) {
            if (name !== undefined && id !== undefined && begun !== undefined && begun.getTime() < beforeMs) {
              found.push({ name, id });
            }
          }
          if (!page.IsTruncated) return found;
          markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
        }
      },
    );
    for (const { name, id } of old) await abortUpload(this.#requests, name, id, options);
    return old.length;
  }
}

class S3Upload implements LargeUpload {
  readonly #requests: S3Requests;
  readonly #key: string;
  readonly #name: string;
  readonly #id: string;
  readonly #isEncrypted: boolean;
  readonly #parts: CompletedPart[] = [];

  /** `isEncrypted`: the answer to the begin has confirmed the encryption; else each part must. MinIO says it with the parts only. */
  constructor(requests: S3Requests, key: string, id: string, isEncrypted: boolean) {
    this.#isEncrypted = isEncrypted;
    this.#requests = requests;
    this.#key = key;
    this.#name = requests.keys.nameOf(key);
    this.#id = id;
  }

  send(index: number, part: Buffer, options?: CallOptions): Promise<'sent' | 'gone'> {
    const { config, encryption, request } = this.#requests;
    const what = `send part ${index + 1} of ${this.#key}`;
    return request<'sent' | 'gone'>(what, true, { NoSuchUpload: 'gone' }, async (client, sent) => {
      const checksum = crc32cText(part);
      const command = new UploadPartCommand({
        Bucket: config.bucket,
        Key: this.#name,
        UploadId: this.#id,
        PartNumber: index + 1,
        Body: part,
        ContentLength: part.length,
        ChecksumCRC32C: checksum,
        ...encryption.read,
      });
      const answer = await client.send(command, sendOptions(options));
      if (answer.ETag === undefined) throw notS3Error(sent, answer.$metadata.httpStatusCode);
      if (!this.#isEncrypted) encryption.verify(answer, this.#key);
      this.#parts[index] = { ETag: answer.ETag, PartNumber: index + 1, ChecksumCRC32C: checksum };
      return 'sent';
    });
  }

  /**
   * "Conditional writes": 412 if the name is taken. After 409 the parts are of no use any more, and of an unknown upload only the
   * name can tell whether an earlier completion has landed.
   */
  complete(options?: CallOptions): Promise<CreateResult | 'gone'> {
    const { config, encryption, request } = this.#requests;
    const answers = { PreconditionFailed: 'exists', ConditionalRequestConflict: 'gone', NoSuchUpload: 'gone' } as const;
    return request<CreateResult | 'gone'>(`create ${this.#key}`, true, answers, async (client, sent) => {
      const command = new CompleteMultipartUploadCommand({
        Bucket: config.bucket,
        Key: this.#name,
        UploadId: this.#id,
        MultipartUpload: { Parts: this.#parts },
        IfNoneMatch: '*',
        ...encryption.read,
      });
      const answer = await client.send(command, sendOptions(options));
      if (answer.ETag === undefined) throw notS3Error(sent, answer.$metadata.httpStatusCode);
      return 'created';
    });
  }

  abort(options?: CallOptions): Promise<void> {
    return abortUpload(this.#requests, this.#name, this.#id, options);
  }
}

function abortUpload({ config, request }: S3Requests, name: string, id: string, options?: CallOptions): Promise<void> {
  return request<void>('abort an upload', true, { NoSuchUpload: undefined }, async (client) => {
    const command = new AbortMultipartUploadCommand({ Bucket: config.bucket, Key: name, UploadId: id });
    await client.send(command, sendOptions(options));
  });
}

export function sendOptions(options: CallOptions | undefined): { readonly abortSignal?: AbortSignal } {
  return options?.signal === undefined ? {} : { abortSignal: options.signal };
}
