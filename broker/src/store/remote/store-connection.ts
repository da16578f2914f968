import type { HttpAgents } from '../../edge/index.ts';

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

/** What an adapter is given beside its settings. */
export interface RemoteOptions {
  /** Connections for this store alone, with its proxy and certificate authorities; closed with it. */
  readonly agents: HttpAgents;
}
