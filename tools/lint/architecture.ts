import { checkCycles } from './cycles.ts';
import { isOurTypeScript, listFiles } from './files.ts';
import type { Finding } from './finding.ts';
import { checkOperatorRooms } from './operator-rooms.ts';
import { checkPurity } from './purity.ts';
import { checkRooms } from './rooms.ts';
import { readSourceFile } from './source-file.ts';

/** Rooms, doors, cycles and purity of every TypeScript file under `root`. */
export function checkArchitecture(root: string): readonly Finding[] {
  const files = listFiles(root)
    .filter(isOurTypeScript)
    .map((path) => readSourceFile(root, path));
  if (files.length === 0) throw new Error(`no TypeScript file under ${root}: a check that sees nothing proves nothing`);
  return [
    ...files.flatMap(checkRooms),
    ...files.flatMap(checkOperatorRooms),
    ...checkCycles(files),
    ...files.flatMap(checkPurity),
  ];
}
