// Which room of the broker may import which: the layers of the design as one table, and the rule that a room is
// entered by its door (`index.ts`) only.
import type { Finding } from './finding.ts';
import type { Import, SourceFile } from './source-file.ts';

const GROUND = ['edge', 'proto'] as const;
const BELOW_META = [...GROUND, 'kafka', 'store', 'log'] as const;
const BELOW_COORDINATOR = [...BELOW_META, 'meta', 'tier', 'partition'] as const;
const BELOW_BROKER = [...BELOW_COORDINATOR, 'coordinator', 'recovery', 'replication', 'search'] as const;
/** Bytes, frames and dispatch know nothing of what is served over them. */
const BELOW_HTTP = [...BELOW_BROKER, 'net', 'broker'] as const;

/** Room by room, bottom to top: what it may import besides itself. Whoever is not listed may not exist. */
export const ROOMS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['edge', []],
  ['proto', []],
  ['kafka', GROUND],
  ['store', GROUND],
  // The shape of a store's settings belongs to whoever opens it.
  ['config', ['edge', 'store']],
  ['log', [...GROUND, 'kafka', 'store']],
  ['meta', BELOW_META],
  ['tier', [...BELOW_META, 'meta']],
  ['partition', [...BELOW_META, 'meta', 'tier']],
  ['coordinator', BELOW_COORDINATOR],
  ['search', BELOW_COORDINATOR],
  ['recovery', [...BELOW_COORDINATOR, 'coordinator']],
  // Copies what lies in the bucket; knows nothing of partitions or clients.
  ['replication', [...BELOW_META, 'meta', 'recovery']],
  ['net', [...GROUND, 'kafka']],
  ['broker', [...BELOW_BROKER, 'net']],
  ['http', BELOW_HTTP],
  ['cli', [...BELOW_HTTP, 'http', 'config']],
]);

const SRC = 'broker/src/';

/** The room of a file of the broker; `main` for main.ts; undefined for what is not in broker/src. */
export function roomOf(path: string): string | undefined {
  if (!path.startsWith(SRC)) return undefined;
  const rest = path.slice(SRC.length);
  return rest.includes('/') ? rest.slice(0, rest.indexOf('/')) : rest.replace(/\.ts$/, '');
}

/** Checks the imports of one file, wherever in the repository it lies. */
export function checkRooms(file: SourceFile): readonly Finding[] {
  const room = roomOf(file.path);
  const findings = file.imports.map((imported) => ({
    file: file.path,
    line: imported.line,
    message: room === undefined ? outsideRule(file.path, imported) : roomRule(room, imported),
  }));
  if (room !== undefined && room !== 'main' && !ROOMS.has(room)) {
    findings.push({ file: file.path, line: 0, message: `room ${room} is not in the table of tools/lint/rooms.ts` });
  }
  return findings.filter((finding): finding is Finding => finding.message !== undefined);
}

function roomRule(room: string, imported: Import): string | undefined {
  if (imported.specifier === undefined) return `room ${room} imports an expression: nobody can check that`;
  if (imported.target === undefined) {
    const isProtobuf = /^(protobufjs|long)(\/|$)/.test(imported.specifier);
    return isProtobuf && room !== 'proto' ? `only room proto imports ${imported.specifier}` : undefined;
  }
  const other = roomOf(imported.target);
  if (imported.target === 'broker/package.json' && room === 'cli') return undefined;
  if (other === undefined) return `room ${room} may not import ${imported.target}, which is outside of broker/src`;
  if (other === room) return undefined;
  if (room !== 'main' && ROOMS.get(room)?.includes(other) !== true) return `room ${room} may not import room ${other}`;
  return doorRule(other, imported.target);
}

function doorRule(room: string, target: string): string | undefined {
  const door = `${SRC}${room}/index.ts`;
  return target === door ? undefined : `${target} is inside room ${room}: import its door ${door}`;
}

/** Rules for the other workspaces, the tests and the tools. */
function outsideRule(path: string, imported: Import): string | undefined {
  const target = imported.target;
  if (target === undefined) return undefined;
  const [workspace] = path.split('/');
  const [other] = target.split('/');
  if (workspace === other) return undefined;
  const allowed = workspace === 'e2e' && other === 'broker';
  if (!allowed) return `${workspace} may not import ${other} (${target})`;
  const room = roomOf(target);
  return room === undefined ? `e2e may not import ${target}: only doors of broker/src` : doorRule(room, target);
}
