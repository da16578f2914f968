import type { Hlc } from '../log/index.ts';
import type { Ancestry, TimelineEnd, TimelineFile } from '../meta/index.ts';
import { HoldError } from './boot-error.ts';
import { sameStore } from './store-address.ts';

/** How a timeline ended, by its last event; undefined if it has not. Asked only where the answer decides (rules 03, 04). */
export type EndOfTimeline = (timeline: TimelineFile) => Promise<TimelineEnd | undefined>;

/**
 * The timelines of a lineage as a tree by parent links, put together from all stores that can be reached (rules 02, 04, 14).
 * A timeline's file is created once and never changes, so two that differ under one name are two histories.
 */
export class TimelineTree {
  readonly #files = new Map<string, TimelineFile>();

  /** Throws HoldError TIMELINE_CONFLICT, or TIMELINE_MISSING if a parent is in none of the lists. */
  constructor(lists: Iterable<readonly TimelineFile[]>) {
    for (const files of lists) for (const file of files) this.#add(file);
    for (const { timeline, parent } of this.#files.values()) {
      if (parent !== undefined && !this.#files.has(parent)) throw parentMissing(timeline, parent);
    }
  }

  get(timeline: string): TimelineFile | undefined {
    return this.#files.get(timeline);
  }

  get files(): readonly TimelineFile[] {
    return [...this.#files.values()];
  }

  /** The way from the root to the timeline. */
  ancestry(timeline: string): Ancestry {
    const way: TimelineFile[] = [];
    let file = this.#files.get(timeline);
    while (file !== undefined) {
      if (way.includes(file)) throw parentMissing(timeline, file.timeline);
      way.unshift(file);
      file = file.parent === undefined ? undefined : this.#files.get(file.parent);
    }
    return way;
  }

  childrenOf(timeline: string): readonly TimelineFile[] {
    return this.files.filter(({ parent }) => parent === timeline);
  }

  /**
   * Timelines that count and have no child that counts. A child in its parent's store counts only if the parent ends with the
   * word that it goes on there; until then its maker may still be at work. A child in another store counts by existence:
   * whoever made it could not reach the parent. Where several are left, one whose last word is that it was abandoned does not
   * count.
   */
  async leaves(endOf: EndOfTimeline): Promise<readonly TimelineFile[]> {
    const leaves: TimelineFile[] = [];
    const queue = this.files.filter(({ parent }) => parent === undefined);
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const children = await this.#childrenThatCount(file, endOf);
      if (children.length === 0) leaves.push(file);
      queue.push(...children);
    }
    if (leaves.length < 2) return leaves;
    const ends = await Promise.all(leaves.map((leaf) => endOf(leaf)));
    return leaves.filter((_, index) => ends[index] === undefined);
  }

  async #childrenThatCount(parent: TimelineFile, endOf: EndOfTimeline): Promise<readonly TimelineFile[]> {
    const children = this.childrenOf(parent.timeline);
    const here = children.filter(({ store }) => sameStore(store, parent.store));
    if (here.length === 0) return children;
    const end = await endOf(parent);
    return children.filter((child) => !here.includes(child) || child.timeline === end?.child);
  }

  #add(file: TimelineFile): void {
    const known = this.#files.get(file.timeline);
    if (known === undefined) this.#files.set(file.timeline, file);
    else if (!isSameFile(known, file)) {
      const told = `two stores tell different things of timeline ${file.timeline}`;
      throw new HoldError('TIMELINE_CONFLICT', told, {
        remedy:
          'One of them was made in a copy of the other store. Take the store that you do not trust out of the configuration.',
      });
    }
  }
}

/** Up to which time entries of a timeline's streams count in the history that the ancestry tells; undefined: all do. */
export function countsUpTo(ancestry: Ancestry, timeline: string): Hlc | undefined {
  const child = ancestry.find((_, index) => ancestry[index - 1]?.timeline === timeline);
  return child?.cut?.hlc;
}

function isSameFile(a: TimelineFile, b: TimelineFile): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function parentMissing(timeline: string, parent: string): HoldError {
  return new HoldError(
    'TIMELINE_MISSING',
    `timeline ${timeline} comes from ${parent}, of which no store has a record`,
    {
      remedy: 'Wait until it has been copied, or put timelines/ back from a copy of the bucket.',
    },
  );
}
