import type { StoreConnection } from '../remote/store-connection.ts';

export interface GcsStoreConfig extends StoreConnection {
  /** Name of this store in settings, logs and status, e.g. `primary`. */
  readonly name: string;
  readonly backend: 'gcs';
  readonly bucket: string;
  /** Project that is billed and whose quota is used; never part of a name in the bucket (hole-22). */
  readonly projectId: string | undefined;
  readonly credentials: GcsCredentials;
  readonly encryption: GcsEncryption;
  /** undefined = the bucket's default. */
  readonly storageClass: GcsStorageClass | undefined;
}

export type GcsCredentials =
  /** Google's own order: GOOGLE_APPLICATION_CREDENTIALS, gcloud's file, the metadata server (workload identity). */
  | { readonly kind: 'default' }
  /** Key of a service account, or the configuration of an external account (workload identity federation), as JSON. */
  | { readonly kind: 'file'; readonly path: string }
  /** For emulators: nothing is sent. */
  | { readonly kind: 'none' };

export type GcsEncryption =
  | { readonly kind: 'bucket-default' }
  /** CMEK: `projects/P/locations/L/keyRings/R/cryptoKeys/K`. */
  | { readonly kind: 'kms'; readonly keyName: string }
  /** CSEK: 32 bytes in base64, in a file; without it nothing in the bucket can ever be read again. */
  | { readonly kind: 'customer-key'; readonly keyFile: string };

/** All can be read at once. */
export type GcsStorageClass = 'STANDARD' | 'NEARLINE' | 'COLDLINE' | 'ARCHIVE';
