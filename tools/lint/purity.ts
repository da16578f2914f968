// Time, randomness, timers, disk and network reach the broker as injected interfaces, so that the simulation can
// run the real code. This rule finds what goes around them: outside `broker/src/edge` such names may not appear.
import { builtinModules } from 'node:module';
import type { Finding } from './finding.ts';
import { roomOf } from './rooms.ts';
import { type AstNode, type Import, type SourceFile, isNode, nameOf, visit } from './source-file.ts';

/** Global names that reach the outside, with what to use instead. */
const GLOBALS: ReadonlyMap<string, string> = new Map([
  ['setTimeout', 'Clock.setTimer'],
  ['setInterval', 'Clock.setTimer'],
  ['setImmediate', 'Clock.defer'],
  ['performance', 'Clock.monotonicMs'],
  ['crypto', 'Random'],
  ['fetch', 'Transport or ObjectStore'],
  ['WebSocket', 'Transport'],
  ['process', 'options handed in by cli'],
  ['console', 'the injected log'],
  ['globalThis', 'an injected interface'],
  ['global', 'an injected interface'],
]);

const MEMBERS: ReadonlyMap<string, string> = new Map([
  ['Date.now', 'Clock.nowMs'],
  ['Math.random', 'Random'],
  ['AbortSignal.timeout', 'Clock.setTimer'],
  ['process.hrtime', 'Clock.monotonicMs'],
  ['process.uptime', 'Clock.monotonicMs'],
  ['Temporal.Now', 'Clock.nowMs'],
]);

/** Node's own modules that neither wait nor reach outside. */
const PURE_MODULES = ['async_hooks', 'buffer', 'crypto', 'diagnostics_channel', 'events', 'path', 'path/posix'].concat([
  'stream',
  'stream/promises',
  'string_decoder',
  'url',
  'util',
  'zlib',
]);

/** What single rooms may use beyond that. */
const ALLOWED: ReadonlyMap<string, readonly string[]> = new Map([
  ['http', ['node:http', 'node:https']],
  ['search', ['node:sqlite']],
  ['cli', ['process', 'console', 'node:process']],
  ['main', ['process', 'console', 'node:process']],
  // The simulation's scheduler lets promises settle between two events of virtual time, and catches stray rejections.
  ['simulation', ['setImmediate', 'process', 'node:assert', 'node:assert/strict']],
]);

/** Randomness, and work on the thread pool, whose completions come in an order that nobody decides. */
const IMPURE_CRYPTO = /^(random|generate|getRandom|webcrypto|subtle|checkPrime$|pbkdf2$|scrypt$|hkdf$|default$|\*)/;

const TESTS_MAY_NOT_SLEEP: ReadonlySet<string> = new Set(['setTimeout', 'setInterval', 'performance']);

/** Checks one file; files outside of the broker, and the edge itself, have nothing to keep pure. */
export function checkPurity(file: SourceFile): readonly Finding[] {
  const place = placeOf(file.path);
  if (place === undefined || place === 'edge') return [];
  const imports = file.imports.map((imported) => ({
    file: file.path,
    line: imported.line,
    message: place === 'test' ? sleepRule(imported) : moduleRule(place, imported),
  }));
  const allowed = ALLOWED.get(place) ?? [];
  const uses = impureUses(file)
    .filter(({ name }) => (place === 'test' ? TESTS_MAY_NOT_SLEEP.has(name) : !allowed.includes(name)))
    .map(({ name, instead, line }) => ({ file: file.path, line, message: useMessage(place, name, instead) }));
  return [...imports, ...uses].filter((finding): finding is Finding => finding.message !== undefined);
}

/** A room, `simulation` (as pure as what it runs; its programs `run*` and `mutat*` are not), `test`, or undefined for what the rule does not govern. */
function placeOf(path: string): string | undefined {
  if (/^broker\/test\/sim\/(?!(run|mutat)[a-z-]*\.ts$)(?!.*\.test\.ts$)/.test(path)) return 'simulation';
  if (/^broker\/test\/(?!edge\/|sim\/)/.test(path)) return 'test';
  return roomOf(path);
}

function useMessage(place: string, name: string, instead: string): string {
  if (place === 'test') return `tests do not sleep or time: await an event or advance a simulated clock (${name})`;
  return `${name} only in broker/src/edge: ${place} uses ${instead}`;
}

function sleepRule(imported: Import): string | undefined {
  return /^(node:)?timers/.test(imported.specifier ?? '')
    ? `tests do not sleep: await an event or advance a simulated clock (${imported.specifier})`
    : undefined;
}

function moduleRule(place: string, imported: Import): string | undefined {
  const specifier = imported.specifier;
  if (specifier === undefined || imported.typeOnly) return undefined;
  const name = specifier.replace(/^node:/, '');
  if (!specifier.startsWith('node:') && !builtinModules.includes(name)) return undefined;
  if (ALLOWED.get(place)?.includes(`node:${name}`) === true) return undefined;
  if (!PURE_MODULES.includes(name)) return `node:${name} only in broker/src/edge: ${place} uses an injected interface`;
  const impure = name === 'crypto' ? imported.names.find((used) => IMPURE_CRYPTO.test(used)) : undefined;
  return impure === undefined
    ? undefined
    : `${impure} of node:crypto only in broker/src/edge: ${place} imports hashing by name, and uses Random`;
}

interface Use {
  readonly name: string;
  readonly instead: string;
  readonly line: number;
}

function impureUses(file: SourceFile): readonly Use[] {
  const local = declaredNames(file.program);
  const uses: Use[] = [];
  visit(file.program, (node, parent, key) => {
    if (isTypeOnly(node) || node.type === 'ImportDeclaration') return false;
    const name = impureMember(node) ?? impureDate(node) ?? impureGlobal(node, parent, key);
    const first = name?.split('.')[0] ?? '';
    if (name === undefined || local.has(first)) return undefined;
    const instead = MEMBERS.get(name) ?? GLOBALS.get(name) ?? 'Clock.nowMs';
    uses.push({ name, instead, line: file.lineOf(node.start) });
    return undefined;
  });
  return uses;
}

/** Types say nothing about what runs; these few TypeScript nodes hold expressions. */
function isTypeOnly(node: AstNode): boolean {
  return node.type.startsWith('TS') && !/^TS(As|Satisfies|NonNull|Instantiation)Expression$/.test(node.type);
}

function impureMember(node: AstNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  const name = `${nameOf(node['object'])}.${nameOf(node['property'])}`;
  return MEMBERS.has(name) ? name : undefined;
}

/** `new Date()` and `Date()` read the clock; `new Date(ms)` does not. */
function impureDate(node: AstNode): string | undefined {
  if (nameOf(node['callee']) !== 'Date') return undefined;
  if (node.type === 'CallExpression') return 'Date()';
  const reads = node.type === 'NewExpression' && (node['arguments'] as readonly unknown[]).length === 0;
  return reads ? 'new Date()' : undefined;
}

function impureGlobal(node: AstNode, parent: AstNode | undefined, key: string): string | undefined {
  if (node.type !== 'Identifier') return undefined;
  const name = nameOf(node) ?? '';
  if (!GLOBALS.has(name)) return undefined;
  // Of `{ name }` the value counts, not the key.
  const isPropertyName = (key === 'property' || key === 'key') && parent?.['computed'] !== true;
  return isPropertyName ? undefined : name;
}

/** Every name that the file declares anywhere: such a name is not the global one. */
function declaredNames(program: AstNode): ReadonlySet<string> {
  const names = new Set<string>();
  const declare = (pattern: unknown): void => {
    if (!isNode(pattern)) return;
    visit(pattern, (node, parent, key) => {
      if (isTypeOnly(node) || (key === 'right' && parent?.type === 'AssignmentPattern')) return false;
      if (node.type === 'Identifier' && key !== 'key') names.add(nameOf(node) ?? '');
      return undefined;
    });
  };
  visit(program, (node) => {
    if (isTypeOnly(node)) return false;
    if (/^Import(Default|Namespace)?Specifier$/.test(node.type)) declare(node['local']);
    if (/^(VariableDeclarator|Class\w+|Function\w+)$/.test(node.type)) declare(node['id']);
    if (node.type === 'CatchClause') declare(node['param']);
    if (Array.isArray(node['params'])) (node['params'] as readonly unknown[]).forEach(declare);
    return undefined;
  });
  return names;
}
