import { checkKey, compareKeys } from '../object-key.ts';

/** The prefix of a store inside its bucket: our keys on one side, the provider's names on the other. */
export class KeyPrefix {
  readonly #prefix: string;

  /** `prefix` without slashes at its ends; empty = the whole bucket is ours. */
  constructor(prefix: string) {
    if (prefix !== '') checkKey(prefix);
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
  }

  /** The provider's name of an object. Throws StoreError `invalid` for a key that no store can hold. */
  nameOf(key: string): string {
    checkKey(key);
    const name = this.#prefix + key;
    checkKey(name);
    return name;
  }

  /** The start of the provider's names of all keys that start with `prefix`. */
  startOf(prefix: string): string {
    return this.#prefix + prefix;
  }

  keyOf(name: string): string {
    return name.slice(this.#prefix.length);
  }
}

/**
 * Where a listing has to begin. Providers differ when the start lies outside the prefix (an empty answer, a refusal), so
 * none is asked that: a start before the prefix is left out, and behind it there is nothing to list.
 */
export function listingStart(prefix: string, after: string | undefined): 'nothing' | { readonly after?: string } {
  if (after === undefined) return {};
  if (after.startsWith(prefix)) return { after };
  return compareKeys(after, prefix) < 0 ? {} : 'nothing';
}

/** A listing, for messages. */
export function listingText(prefix: string): string {
  return prefix === '' ? 'list everything' : `list ${prefix}`;
}
