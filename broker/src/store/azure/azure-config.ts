import type { StoreConnection } from '../remote/store-connection.ts';

export interface AzureStoreConfig extends StoreConnection {
  /** Name of this store in settings, logs and status, e.g. `primary`. */
  readonly name: string;
  readonly backend: 'azure';
  readonly account: string;
  readonly container: string;
  readonly credentials: AzureCredentials;
  readonly encryption: AzureEncryption;
  /** undefined = the account's default. */
  readonly accessTier: AzureAccessTier | undefined;
}

export type AzureCredentials =
  | { readonly kind: 'account-key'; readonly key: string }
  /** A shared access signature, with or without the question mark. */
  | { readonly kind: 'sas'; readonly token: string }
  /** The same in a file that is rotated: read again once the store refuses it. */
  | { readonly kind: 'sas-file'; readonly path: string }
  | AzureIdentity;

/** Access by a token of Entra ID. */
export type AzureIdentity =
  /** A token of the cluster, in a file that is rotated, is exchanged for one of Entra ID (AKS workload identity and its like). */
  | {
      readonly kind: 'workload-identity';
      /** Scheme and host, e.g. `https://login.microsoftonline.com`. */
      readonly authority: string;
      readonly tenantId: string;
      readonly clientId: string;
      readonly tokenFile: string;
    }
  /** The metadata service of the machine gives out tokens. */
  | {
      readonly kind: 'managed-identity';
      readonly endpoint: string;
      /** undefined = the only one that the machine has. */
      readonly clientId: string | undefined;
    };

export type AzureEncryption =
  | { readonly kind: 'account-default' }
  | { readonly kind: 'scope'; readonly name: string }
  /** 32 bytes in base64, in a file; without it nothing in the container can ever be read again. */
  | { readonly kind: 'customer-key'; readonly keyFile: string };

/** Those whose blobs can be read at once. */
export type AzureAccessTier = 'Hot' | 'Cool' | 'Cold';
