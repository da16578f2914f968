import type { StoreConnection } from '../remote/store-connection.ts';

export interface S3StoreConfig extends StoreConnection {
  /** Name of this store in settings, logs and status, e.g. `primary`. */
  readonly name: string;
  readonly backend: 's3';
  readonly region: string;
  readonly bucket: string;
  /** `https://endpoint/bucket/key` instead of `https://bucket.endpoint/key`. */
  readonly pathStyle: boolean;
  readonly credentials: S3Credentials;
  readonly encryption: S3Encryption;
  /** undefined = STANDARD. */
  readonly storageClass: S3StorageClass | undefined;
}

/** Those whose objects can be read at once; the archives (GLACIER, DEEP_ARCHIVE) cannot hold a log. */
export type S3StorageClass =
  | 'STANDARD'
  | 'STANDARD_IA'
  | 'ONEZONE_IA'
  | 'INTELLIGENT_TIERING'
  | 'GLACIER_IR'
  | 'REDUCED_REDUNDANCY';

export type S3Credentials =
  | {
      readonly kind: 'static';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken: string | undefined;
    }
  | { readonly kind: 'profile'; readonly profile: string }
  /** AWS's own order: environment, shared files, web identity, container, instance. */
  | { readonly kind: 'chain' };

export type S3Encryption =
  | { readonly kind: 'bucket-default' }
  | { readonly kind: 'sse-s3' }
  /** Without a key id: the account's own key for S3. */
  | { readonly kind: 'sse-kms'; readonly keyId: string | undefined }
  /** SSE-C: 32 bytes in base64, in a file; without it nothing in the bucket can ever be read again. */
  | { readonly kind: 'customer-key'; readonly keyFile: string };
