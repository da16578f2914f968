// One parsed source file: what it imports, and its syntax tree for the rules that need more.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A node of the ESTree (with TypeScript's nodes) that oxc-parser gives. */
export interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** One `import`, re-export, `import()` or `import('...')` type. */
export interface Import {
  /** As written; undefined when it is an expression that nobody can check. */
  readonly specifier: string | undefined;
  /** Path from the repository's root when the specifier names a file of this repository. */
  readonly target: string | undefined;
  /** Names as exported by the other module; `*` for a namespace, a re-export of all, or a dynamic import. */
  readonly names: readonly string[];
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  readonly path: string;
  readonly program: AstNode;
  readonly imports: readonly Import[];
  lineOf(position: number): number;
}

/** Parses `path` under `root`. Throws when it is not TypeScript. */
export function readSourceFile(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const result = parseSync(path, text);
  const error = result.errors[0];
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const program = result.program as unknown as AstNode;
  const lineOf = lineCounter(text);
  const imports: Import[] = [];
  visit(program, (node) => {
    const found = readImport(node);
    if (found === undefined) return;
    imports.push({ ...found, target: resolveTarget(path, found.specifier), line: lineOf(node.start) });
  });
  return { path, program, imports, lineOf };
}

/** Calls `onNode` for `node` and everything below it, parents first; `false` skips what is below. */
export function visit(
  node: AstNode,
  onNode: (node: AstNode, parent: AstNode | undefined, key: string) => boolean | void,
  parent?: AstNode,
  key = '',
): void {
  if (onNode(node, parent, key) === false) return;
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (isNode(child)) visit(child, onNode, node, name);
    }
  }
}

export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** The name of an identifier, or the text of a string literal. */
export function nameOf(node: unknown): string | undefined {
  const isIdentifier = isNode(node) && node.type === 'Identifier' && typeof node['name'] === 'string';
  return isIdentifier ? (node['name'] as string) : textOf(node);
}

function textOf(node: unknown): string | undefined {
  const isText = isNode(node) && node.type === 'Literal' && typeof node['value'] === 'string';
  return isText ? (node['value'] as string) : undefined;
}

function readImport(node: AstNode): Omit<Import, 'target' | 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier: textOf(node['source']), ...importedNames(node, 'imported') };
    case 'ExportNamedDeclaration':
      if (!isNode(node['source'])) return undefined;
      return { specifier: textOf(node['source']), ...importedNames(node, 'local') };
    case 'ExportAllDeclaration':
      return { specifier: textOf(node['source']), names: ['*'], typeOnly: node['exportKind'] === 'type' };
    case 'ImportExpression':
      return { specifier: textOf(node['source']), names: ['*'], typeOnly: false };
    case 'TSImportType':
      return { specifier: textOf(node['source']), names: ['*'], typeOnly: true };
    default:
      return undefined;
  }
}

function importedNames(node: AstNode, key: 'imported' | 'local'): { names: readonly string[]; typeOnly: boolean } {
  const specifiers = (node['specifiers'] as readonly AstNode[]).map((specifier) => ({
    name: specifier.type === 'ImportDefaultSpecifier' ? 'default' : (nameOf(specifier[key]) ?? '*'),
    typeOnly: specifier['importKind'] === 'type' || specifier['exportKind'] === 'type',
  }));
  const wholeIsType = node['importKind'] === 'type' || node['exportKind'] === 'type';
  return {
    names: specifiers.filter(({ typeOnly }) => !typeOnly).map(({ name }) => name),
    typeOnly: wholeIsType || (specifiers.length > 0 && specifiers.every(({ typeOnly }) => typeOnly)),
  };
}

function resolveTarget(from: string, specifier: string | undefined): string | undefined {
  if (specifier === undefined) return undefined;
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier));
  const workspace = /^@chronik\/(\w+)\/?(.*)$/.exec(specifier);
  return workspace === null ? undefined : posix.join(workspace[1] ?? '', workspace[2] ?? '');
}

function lineCounter(text: string): (position: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (position) => {
    const after = starts.findIndex((start) => start > position);
    return after < 0 ? starts.length : after;
  };
}
