import type { StoreAddress } from '../store/index.ts';

/** Rule 02: provider, endpoint, bucket and prefix; for a local directory its random id. */
export function sameStore(a: StoreAddress, b: StoreAddress): boolean {
  return a.provider === b.provider && a.endpoint === b.endpoint && a.bucket === b.bucket && a.prefix === b.prefix;
}

/** For messages. */
export function describeAddress({ provider, endpoint, bucket, prefix }: StoreAddress): string {
  const place = [endpoint, bucket, prefix].filter((part) => part !== '').join('/');
  return `${provider}:${place}`;
}
