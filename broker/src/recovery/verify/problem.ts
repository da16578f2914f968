/**
 * What can be wrong with a bucket. The names are stable: scripts match on them.
 *
 * - `missing`: an object that must be there is not.
 * - `mismatch`: an object's size, checksum or content is not what was written.
 * - `chain-break`: an object is intact and does not follow the one before it.
 * - `missing-seal`: an epoch has ended and nothing keeps its writer out.
 * - `lost`: a slot that was marked lost; what it held is gone.
 * - `gap`: offsets of a partition that were committed lie in no object.
 * - `overlap`: two batches claim the same offset.
 * - `outside-interval`: batches of a stream that did not lead the partition then; readers pass over them (rule 17).
 * - `alien-epoch`: objects of a lineage, a timeline or an epoch that this history does not know.
 * - `orphan`: objects that nothing refers to and no release names so.
 */
export const PROBLEM_CLASSES = [
  'missing',
  'mismatch',
  'chain-break',
  'missing-seal',
  'lost',
  'gap',
  'overlap',
  'outside-interval',
  'alien-epoch',
  'orphan',
] as const;
export type ProblemClass = (typeof PROBLEM_CLASSES)[number];

export interface Problem {
  readonly class: ProblemClass;
  /** Name of the object (the first one, of several), or `topic-partition`. */
  readonly what: string;
  readonly detail: string;
}

/** Collects what is found, in the order in which it is met. */
export class Problems {
  readonly #found: Problem[] = [];

  add(problemClass: ProblemClass, what: string, detail: string): void {
    this.#found.push({ class: problemClass, what, detail });
  }

  get all(): readonly Problem[] {
    return this.#found;
  }
}
