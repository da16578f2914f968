/** Something that the store says of the bucket, or why it does not say it. */
export type Told<T> = { readonly isKnown: true; readonly value: T } | { readonly isKnown: false; readonly why: string };

/** What the owner of the bucket has set, as far as it can be seen with the credentials of a broker. */
export interface BucketInspection {
  /** The store's own clock, milliseconds since the epoch, in whole seconds (the `Date` header); undefined if it says none. */
  readonly storeTimeMs: number | undefined;
  readonly versioning: Told<'on' | 'off' | 'suspended'>;
  readonly lifecycle: Told<readonly LifecycleRule[]>;
}

/** One thing that one lifecycle rule does to current objects. Rules that cannot meet an object of Chronik are left out. */
export interface LifecycleRule {
  readonly id: string;
  /** Starts of the names that it is for, as the bucket knows them; none = all. */
  readonly prefixes: readonly string[];
  /** Ends of these names; none = all. */
  readonly suffixes: readonly string[];
  /**
   * `archives`: the objects can no longer be read until somebody restores them. `tiers`: another class, read at once.
   */
  readonly effect: 'deletes' | 'archives' | 'tiers';
  /** In words, e.g. `after 30 days to GLACIER`. */
  readonly text: string;
}

/** Milliseconds since the epoch of a `Date` header; undefined if it is missing or none. */
export function parseDateHeader(header: string | null | undefined): number | undefined {
  const timeMs = Date.parse(header ?? '');
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
