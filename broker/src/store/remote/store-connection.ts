/** What all providers' settings have in common: how to get there. */
export interface StoreConnection {
  /** Scheme, host and port, without a path; undefined = the provider's own. Azure's emulator has its account as a path. */
  readonly endpoint: string | undefined;
  /** Prefix of all names in the bucket, without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** PEM file with the only certificate authorities to trust; undefined = those that Node.js trusts. */
  readonly caFile: string | undefined;
  /** URL of an HTTP proxy; undefined = none. */
  readonly proxy: string | undefined;
}

/** Sockets to a provider that one open store uses at most; further requests wait for a free one. */
export const DEFAULT_MAX_CONNECTIONS = 64;

/** What an adapter is given beside its settings. */
export interface RemoteOptions {
  /** Contents of `caFile`. */
  readonly ca: string | undefined;
  readonly maxConnections: number;
}
