// Writes what is derived from operator/src/api: the CRD (crds/ and the operator's chart) and docs/chronikcluster.md.
// With --check it only compares, and fails if a file differs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dump } from 'js-yaml';
import { clusterChartSchema, customResourceDefinition, referencePage } from '../src/api/index.ts';

const root = join(import.meta.dirname, '../..');
const NOTE = '# Generated from operator/src/api by operator/tools/generate.ts; not to be edited.\n';

/** The generated files, as paths from the root of the repository. */
function generatedFiles(): ReadonlyMap<string, string> {
  const crd = NOTE + dump(customResourceDefinition(), { lineWidth: -1, noRefs: true });
  return new Map([
    ['crds/chronikclusters.chronik.stream.yaml', crd],
    ['charts/chronik-operator/files/chronikclusters.chronik.stream.yaml', crd],
    ['charts/chronik-cluster/values.schema.json', `${JSON.stringify(clusterChartSchema(), null, 2)}\n`],
    ['docs/chronikcluster.md', referencePage()],
  ]);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

let stale = 0;
for (const [name, text] of generatedFiles()) {
  const path = join(root, name);
  if (read(path) === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${name} is not what operator/src/api says: run scripts/node operator/tools/generate.ts`);
    stale += 1;
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${name}`);
}
process.exitCode = stale === 0 ? 0 : 1;
