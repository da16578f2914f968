import { hasCode, randomHex } from '../edge/index.ts';
import type { Disk, Random } from '../edge/index.ts';
import { isSpare, padNumber } from '../log/index.ts';
import type { StreamId, SurvivingWal } from '../log/index.ts';
import type { PatientStore } from '../store/index.ts';
import { ensureDirectory } from './data-directory.ts';
import { QUARANTINE_DIRECTORY } from './volume.ts';

/** Written into a quarantined directory, so that whoever finds it, here or in the bucket, knows what it is. */
export interface SalvageNote {
  readonly stream: StreamId;
  readonly reason: string;
  /** Ranges of offsets that did not make it into the history, as far as they are known. */
  readonly offsets: readonly {
    readonly topicId: string;
    readonly partition: number;
    readonly from: number;
    readonly to: number;
  }[];
}

const NOTE_FILE = 'salvage.json';

/**
 * Moves one local WAL out of the way, with a note. One rename, so a crash leaves it in one place or the other; it stays in the
 * data directory until `uploadQuarantine` has it in the bucket.
 */
export async function quarantineWal(
  disk: Disk,
  dataDirectory: string,
  random: Random,
  wal: SurvivingWal,
  note: SalvageNote,
): Promise<void> {
  const quarantine = `${dataDirectory}/${QUARANTINE_DIRECTORY}`;
  await ensureDirectory(disk, quarantine);
  await disk.remove(`${wal.directory}/${NOTE_FILE}`);
  for (const { name } of await disk.list(wal.directory)) {
    if (isSpare(name)) await disk.remove(`${wal.directory}/${name}`);
  }
  const file = await disk.open(`${wal.directory}/${NOTE_FILE}`, 'create');
  try {
    await file.append([Buffer.from(`${JSON.stringify(note, null, 2)}\n`)]);
    await file.sync();
  } finally {
    await file.close();
  }
  const { timeline, broker, epoch } = wal.stream;
  const name = `${timeline}_${padNumber(broker)}_${padNumber(epoch)}_${randomHex(random, 8)}`;
  await disk.rename(wal.directory, `${quarantine}/${name}`);
  await disk.syncDirectory(quarantine);
}

/**
 * Uploads everything in quarantine to `salvage/{tl}/{broker}/{epoch}/`, then removes it here. Returns the objects' names. Resumable:
 * what was uploaded before a crash is found again.
 */
export async function uploadQuarantine(
  disk: Disk,
  dataDirectory: string,
  store: PatientStore,
): Promise<readonly string[]> {
  const quarantine = `${dataDirectory}/${QUARANTINE_DIRECTORY}`;
  const keys: string[] = [];
  for (const name of await namesIn(disk, quarantine)) {
    const prefix = `salvage/${name.split('_').join('/')}`;
    for (const { name: file, kind } of await disk.list(`${quarantine}/${name}`)) {
      if (kind !== 'file') continue;
      const body = await disk.readFile(`${quarantine}/${name}/${file}`);
      const key = `${prefix}/${file}`;
      // The last part of the prefix is random, so an object under this name is our own earlier attempt.
      await store.createResolved({ key, body: [body], recognise: (found) => (found.equals(body) ? 'ours' : 'other') });
      keys.push(key);
    }
    await disk.removeTree(`${quarantine}/${name}`);
  }
  return keys.toSorted();
}

async function namesIn(disk: Disk, directory: string): Promise<readonly string[]> {
  try {
    return (await disk.list(directory)).map(({ name }) => name).toSorted();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
