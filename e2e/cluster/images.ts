import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { minio } from '../stores/programs.ts';
import { addonPrograms } from './node.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Builds the images of this repository and those that its cluster suite needs besides. Answers the archives. */
export async function buildImages(): Promise<readonly string[]> {
  const programs = { pause: join(addonPrograms(), 'pause'), minio: await minio() };
  const named = Object.entries(programs).map(([name, path]) => `${name}=${path}`);
  const built = execFileSync(
    process.execPath,
    [join(ROOT, 'tools/images/main.ts'), 'broker', 'operator', 'client', ...named],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  process.stdout.write(built);
  return [...built.matchAll(/images\/build\/\S+\.tar/g)].map(([path]) => {
    const archive = join(ROOT, path);
    if (!existsSync(archive)) throw new Error(`${archive} was not built`);
    return archive;
  });
}
