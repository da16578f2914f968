// The layers of the operator: api ← plan ← kube ← runtime ← main, entered by their doors; api and plan reach nothing outside.
import type { Finding } from './finding.ts';
import type { Import, SourceFile } from './source-file.ts';

const SRC = 'operator/src/';
/** Bottom to top; each may import those before it. */
const LAYERS = ['api', 'plan', 'kube', 'runtime'];
/** Decisions are functions of what was observed: the only module that they may use hashes. */
const PURE: ReadonlySet<string> = new Set(['api', 'plan']);
const ALLOWED_IN_PURE: ReadonlySet<string> = new Set(['node:crypto']);

export function checkOperatorRooms(file: SourceFile): readonly Finding[] {
  const layer = layerOf(file.path);
  if (layer === undefined) return [];
  if (layer !== 'main' && !LAYERS.includes(layer)) {
    return [{ file: file.path, line: 0, message: `layer ${layer} is not in tools/lint/operator-rooms.ts` }];
  }
  return file.imports
    .map((imported) => ({ file: file.path, line: imported.line, message: complaint(layer, imported) }))
    .filter((finding): finding is Finding => finding.message !== undefined);
}

function layerOf(path: string): string | undefined {
  if (!path.startsWith(SRC)) return undefined;
  const [layer = ''] = path.slice(SRC.length).replace(/\.ts$/, '').split('/');
  return layer;
}

function complaint(layer: string, { specifier, target }: Import): string | undefined {
  if (target === undefined) {
    if (!PURE.has(layer) || ALLOWED_IN_PURE.has(specifier ?? '')) return undefined;
    return `layer ${layer} is pure: it may not import ${specifier ?? 'an expression'}`;
  }
  const other = layerOf(target);
  if (other === undefined || other === layer) return undefined;
  if (layer !== 'main' && LAYERS.indexOf(other) >= LAYERS.indexOf(layer)) {
    return `layer ${layer} may not import layer ${other}`;
  }
  const door = `${SRC}${other}/index.ts`;
  return target === door ? undefined : `${target} is inside layer ${other}: import its door ${door}`;
}
