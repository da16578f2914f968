import { ChronikError, hasCode } from '../edge/index.ts';
import type { Disk } from '../edge/index.ts';

/** What marks a data directory as a broker's own: `identity.json`. */
export interface VolumeIdentity {
  readonly formatVersion: 1;
  readonly lineage: string;
  readonly timeline: string;
  readonly broker: number;
  /** The newest data epoch that was claimed with this volume; written before that epoch is registered. */
  readonly epoch: number;
  /** The store that passed the boot probe, and the Chronik version that probed it. */
  readonly probed: { readonly store: string; readonly version: string };
}

/** What a data directory is, before anything is compared with the bucket. */
export type Volume =
  | { readonly kind: 'empty' }
  | { readonly kind: 'identified'; readonly identity: VolumeIdentity; readonly walPresent: boolean }
  /** Files are there, but no identity: somebody else's data. */
  | { readonly kind: 'foreign'; readonly names: readonly string[] }
  /** There is an identity that cannot be read. */
  | { readonly kind: 'corrupt'; readonly reason: string };

export const IDENTITY_FILE = 'identity.json';
export const LOCK_FILE = 'lock';
/** Id of an empty volume that waits for its release. */
export const VOLUME_ID_FILE = 'volume-id';
/** Local copy of the broker's WAL; a cache validated against the bucket. */
export const WAL_DIRECTORY = 'wal';
export const QUARANTINE_DIRECTORY = 'quarantine';

/** Names that a fresh, never used volume may hold: what file systems, the lock and the standard layout leave there. */
const NAMES_OF_AN_EMPTY_VOLUME = new Set([
  'lost+found',
  VOLUME_ID_FILE,
  LOCK_FILE,
  'lock.owner',
  'lock-journal',
  'lock-wal',
  'lock-shm',
]);

/**
 * Looks at the data directory without changing it. A missing directory counts as empty.
 * Rejects with the disk's own error if it cannot be read: unreadable is not empty (P9).
 */
export async function surveyVolume(disk: Disk, directory: string): Promise<Volume> {
  const names = await namesIn(disk, directory);
  const meaningful = names.filter((name) => !NAMES_OF_AN_EMPTY_VOLUME.has(name) && !name.endsWith('.tmp'));
  if (!meaningful.includes(IDENTITY_FILE)) {
    return meaningful.length === 0 ? { kind: 'empty' } : { kind: 'foreign', names: meaningful.slice(0, 10) };
  }
  const text = (await disk.readFile(`${directory}/${IDENTITY_FILE}`)).toString('utf8');
  try {
    return { kind: 'identified', identity: parseIdentity(text), walPresent: meaningful.includes(WAL_DIRECTORY) };
  } catch (error) {
    if (hasCode(error, 'FORMAT_TOO_NEW')) throw error;
    return { kind: 'corrupt', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function namesIn(disk: Disk, directory: string): Promise<readonly string[]> {
  try {
    return (await disk.list(directory)).map((entry) => entry.name);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Parses and checks identity.json. Throws ChronikError IDENTITY_INVALID, or FORMAT_TOO_NEW for a later version. */
export function parseIdentity(text: string): VolumeIdentity {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ChronikError('IDENTITY_INVALID', `${IDENTITY_FILE} is not JSON`, { cause: error });
  }
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const version = fields['formatVersion'];
  if (typeof version === 'number' && version > 1) {
    throw new ChronikError('FORMAT_TOO_NEW', `${IDENTITY_FILE} has format version ${version}; this release knows 1`, {
      remedy: 'Start the release that wrote this volume, or a later one.',
    });
  }
  const { lineage, timeline, broker, epoch } = fields;
  const probed = fields['probed'] as Record<string, unknown> | undefined;
  const store = probed?.['store'];
  const probedVersion = probed?.['version'];
  if (
    version !== 1 ||
    typeof lineage !== 'string' ||
    typeof timeline !== 'string' ||
    !isCount(broker) ||
    !isCount(epoch) ||
    typeof store !== 'string' ||
    typeof probedVersion !== 'string'
  ) {
    throw new ChronikError('IDENTITY_INVALID', `${IDENTITY_FILE} lacks a field or holds one of the wrong type`);
  }
  return { formatVersion: 1, lineage, timeline, broker, epoch, probed: { store, version: probedVersion } };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Replaces identity.json atomically and durably. */
export async function writeIdentity(disk: Disk, directory: string, identity: VolumeIdentity): Promise<void> {
  await replaceFile(disk, directory, IDENTITY_FILE, Buffer.from(`${JSON.stringify(identity, null, 2)}\n`));
}

/** Writes a whole file beside its name, syncs it, and renames it into place, so that a reader sees the old or the new one. */
export async function replaceFile(disk: Disk, directory: string, name: string, content: Buffer): Promise<void> {
  const temporary = `${directory}/${name}.tmp`;
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    await file.append([content]);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, `${directory}/${name}`);
  await disk.syncDirectory(directory);
}
