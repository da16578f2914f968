import type { Mutation } from './mutation.ts';

/** Patches the source. Throws if the text to be replaced does not occur exactly once. */
export function applyMutation(mutation: Mutation, source: string): string {
  const first = source.indexOf(mutation.find);
  const occurrences = first < 0 ? 0 : source.split(mutation.find).length - 1;
  if (occurrences !== 1) {
    throw new Error(
      `Mutation ${mutation.name} is stale: its text occurs ${occurrences} times in ${mutation.file}, not once. ` +
        'Bring `find` up to date with the code, so that the mechanism stays checked.',
    );
  }
  return source.slice(0, first) + mutation.replace + source.slice(first + mutation.find.length);
}
