import type { Edit } from './mutation.ts';

/** Patches the source. Throws if the text to be replaced does not occur exactly once. */
export function applyEdit(mutation: string, edit: Edit, source: string): string {
  const first = source.indexOf(edit.find);
  const occurrences = first < 0 ? 0 : source.split(edit.find).length - 1;
  if (occurrences !== 1) {
    throw new Error(
      `Mutation ${mutation} is stale: its text occurs ${occurrences} times in ${edit.file}, not once. ` +
        'Bring `find` up to date with the code, so that the mechanism stays checked.',
    );
  }
  return source.slice(0, first) + edit.replace + source.slice(first + edit.find.length);
}
