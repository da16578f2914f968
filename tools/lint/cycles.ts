// No file may import itself through others: a cycle is two concepts that are one. Imports of types alone do not count: a part
// may know the shape of its whole.
import type { Finding } from './finding.ts';
import type { SourceFile } from './source-file.ts';

/** One finding for each cycle met by a depth-first walk, told at the import that closes it. */
export function checkCycles(files: readonly SourceFile[]): readonly Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const trail: string[] = [];
  const findings: Finding[] = [];

  function walk(file: SourceFile): void {
    trail.push(file.path);
    for (const { target, line, typeOnly } of file.imports) {
      if (typeOnly) continue;
      const next = target === undefined ? undefined : byPath.get(target);
      if (next === undefined) continue;
      const start = trail.indexOf(next.path);
      if (start >= 0) {
        const cycle = [...trail.slice(start), next.path].join(' -> ');
        findings.push({ file: file.path, line, message: `import cycle: ${cycle}` });
      } else if (!done.has(next.path)) {
        walk(next);
      }
    }
    trail.pop();
    done.add(file.path);
  }

  for (const file of files) {
    if (!done.has(file.path)) walk(file);
  }
  return findings;
}
