import { hasCode } from '../../edge/index.ts';
import type { LogContext } from '../../log/index.ts';
import { decodeSnapshot } from '../../meta/index.ts';
import type { DecodedSnapshot, MetadataPosition } from '../../meta/index.ts';
import type { ListedSnapshot } from './inventory.ts';
import type { Problems } from './problem.ts';
import { isDamagedObject } from './read-ahead.ts';

/** A snapshot as `ls` shows it. */
export interface CheckedSnapshot {
  readonly key: string;
  readonly position: MetadataPosition;
  readonly unixSeconds: number;
  readonly sizeBytes: number;
  readonly isIntact: boolean;
}

/** Decodes snapshots in the order of their states and checks how they are chained. */
export class SnapshotCheck {
  readonly #context: LogContext;
  readonly #timeline: string;
  readonly #problems: Problems;
  readonly #hashes = new Set<string>();
  readonly #checked: CheckedSnapshot[] = [];
  #unreadable = false;

  constructor(context: LogContext, timeline: string, problems: Problems) {
    this.#context = context;
    this.#timeline = timeline;
    this.#problems = problems;
  }

  get checked(): readonly CheckedSnapshot[] {
    return this.#checked;
  }

  /** The decoded snapshot; undefined after a report if it is damaged. Rejects if a newer release wrote it. */
  async load(listed: ListedSnapshot): Promise<DecodedSnapshot | undefined> {
    const snapshot = await this.#decode(listed);
    const { key, position, unixSeconds, sizeBytes } = listed;
    this.#checked.push({ key, position, unixSeconds, sizeBytes, isIntact: snapshot !== undefined });
    if (snapshot === undefined) this.#unreadable = true;
    else this.#checkChain(key, snapshot);
    return snapshot;
  }

  async #decode({ key, position }: ListedSnapshot): Promise<DecodedSnapshot | undefined> {
    try {
      const bytes = await this.#context.store.get(key);
      if (bytes === undefined) {
        this.#problems.add('missing', key, 'it was listed, and was gone when it was read');
        return undefined;
      }
      const snapshot = decodeSnapshot(bytes, key);
      const { image } = snapshot;
      if (image.lineage !== this.#context.lineage) {
        this.#problems.add('alien-epoch', key, `it belongs to lineage ${image.lineage}`);
        return undefined;
      }
      const { epoch, slot } = image.position;
      if (image.timeline === this.#timeline && epoch === position.epoch && slot === position.slot) return snapshot;
      this.#problems.add(
        'mismatch',
        key,
        `it holds the state after slot ${slot} of epoch ${epoch} of ${image.timeline}`,
      );
    } catch (error) {
      if (!hasCode(error, 'METADATA_CORRUPT') && !isDamagedObject(error)) throw error;
      this.#problems.add('mismatch', key, (error as Error).message);
    }
    return undefined;
  }

  /** Each names the digest of one before it. That may be any of those: one that a boot could not read is passed over. */
  #checkChain(key: string, { hash, previousSnapshotHash }: DecodedSnapshot): void {
    const previous = previousSnapshotHash.toString('hex');
    const isKnown = previous === '' || this.#hashes.has(previous);
    if (!isKnown && !this.#unreadable && this.#hashes.size > 0) {
      this.#problems.add('chain-break', key, 'it follows a snapshot that is not there');
    }
    this.#hashes.add(hash.toString('hex'));
  }
}
