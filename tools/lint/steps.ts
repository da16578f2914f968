// What `make lint` runs, in the order in which it reports.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkArchitecture } from './architecture.ts';
import { type Finding, formatFinding } from './finding.ts';
import { checkRepository } from './repository.ts';

export interface Step {
  readonly name: string;
  /** A program (run by the pinned Node) with its arguments, or a function that returns what it found. */
  readonly run: readonly string[] | ((root: string) => readonly Finding[]);
}

const WORKSPACES = ['broker', 'operator', 'e2e', 'tools'] as const;

export function lintSteps(root: string): readonly Step[] {
  const bin = (path: string): string => join(root, 'node_modules', path);
  const types = WORKSPACES.filter((name) => existsSync(join(root, name, 'tsconfig.json'))).map((name) => ({
    name: `types ${name}`,
    run: [bin('typescript/bin/tsc'), '-p', name],
  }));
  return [
    { name: 'format', run: [bin('oxfmt/bin/oxfmt'), '--check'] },
    { name: 'rules', run: [bin('oxlint/bin/oxlint'), '--type-aware'] },
    ...types,
    { name: 'architecture', run: checkArchitecture },
    { name: 'unused code', run: [bin('knip/bin/knip.js'), '--no-progress', '--no-config-hints'] },
    { name: 'repository', run: checkRepository },
    { name: 'generated code', run: [join(root, 'tools/proto/main.ts'), '--check'] },
    { name: 'generated docs', run: [join(root, 'broker/tools/configuration.ts'), '--check'] },
  ];
}

export interface StepResult {
  readonly passed: boolean;
  readonly output: string;
}

export function resultOf(findings: readonly Finding[]): StepResult {
  return { passed: findings.length === 0, output: findings.map(formatFinding).join('\n') };
}
