/** One piece of source text and what is put in its place. */
export interface Edit {
  /** Below broker/src. */
  readonly file: string;
  /** Must occur exactly once in the file; otherwise the mutation is stale and the check fails. */
  readonly find: string;
  readonly replace: string;
}

/**
 * One safety mechanism, switched off. Production code has no switches: the source text is replaced when the module is
 * loaded, in a process of its own (mutate-hook.ts), and the simulation has to notice.
 */
export interface Mutation extends Edit {
  /** Short and unique, e.g. `seal-overwritten`. */
  readonly name: string;
  /** The rule or promise that the replaced code keeps, in words. */
  readonly breaks: string;
  /** Further edits, where one mechanism stands behind another: only without both does anything go wrong. */
  readonly also?: readonly Edit[];
  /** Names (or their beginnings) of the pinned scenarios that must fail. */
  readonly pinned?: readonly string[];
  /** Random scenario that must fail within `seeds` seeds. At least one of `pinned` and `scenario` is given. */
  readonly scenario?: { readonly name: string; readonly seeds: number };
}

export function editsOf(mutation: Mutation): readonly Edit[] {
  return [mutation, ...(mutation.also ?? [])];
}
