import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from 'js-yaml';

const ROOT = join(import.meta.dirname, '../../..');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      { readonly steps: readonly Step[]; readonly strategy?: { readonly matrix: { readonly name: readonly string[] } } }
    >
  >;
}

const text = readFileSync(join(ROOT, '.github/workflows/publish.yml'), 'utf8');
const workflow = load(text) as Workflow;
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

test('the publish workflow is YAML, may only read by itself, and pins every action to a full version', () => {
  assert.deepEqual(workflow.permissions, { contents: 'read' });
  const uses = steps.flatMap((step) => (step.uses === undefined ? [] : [step.uses]));
  assert.ok(uses.length >= 5);
  for (const action of uses) assert.match(action, /^[\w-]+\/[\w-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})$/);
});

test('values of the event never become part of a script: they reach it through the environment', () => {
  for (const { run = '' } of steps) assert.ok(!run.includes('${{'), run);
});

test('both images are built from Dockerfiles that are there, for both platforms, with SBOM and provenance', () => {
  const names = workflow.jobs['image']?.strategy?.matrix.name ?? [];
  assert.deepEqual(names.toSorted(), ['broker', 'operator']);
  const build = steps.find(({ uses }) => uses?.startsWith('docker/build-push-action@'))?.with ?? {};
  for (const name of names) {
    const file = String(build['file']).replace('${{ matrix.name }}', name);
    assert.ok(existsSync(join(ROOT, file)), file);
    const dockerfile = readFileSync(join(ROOT, file), 'utf8');
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    assert.match(last, /^USER 65532:65532$/m, `${file}: not root`);
    assert.doesNotMatch(last, /\b(npm|gcc|make|python3|git)\b/, `${file}: no build tools`);
  }
  assert.deepEqual(
    [build['platforms'], build['sbom'], build['provenance'], build['push']],
    ['linux/amd64,linux/arm64', true, 'mode=max', true],
  );
});

test('the published chart names the pushed images by digest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chronik-chart-'));
  try {
    const values = join(folder, 'values.yaml');
    copyFileSync(join(ROOT, 'charts/chronik-operator/values.yaml'), values);
    const args = ['ghcr.io/somebody', 'v1.2.3@sha256:b', 'v1.2.3@sha256:o'];
    execFileSync(join(ROOT, 'tools/images/name-images'), args, { env: { ...process.env, VALUES: values } });
    const found = load(readFileSync(values, 'utf8')) as Readonly<Record<string, Readonly<Record<string, string>>>>;
    assert.equal(
      `${found['image']?.['repository']}:${found['image']?.['tag']}`,
      'ghcr.io/somebody/chronik-operator:v1.2.3@sha256:o',
    );
    assert.equal(
      `${found['brokerImage']?.['repository']}:${found['brokerImage']?.['tag']}`,
      'ghcr.io/somebody/chronik-broker:v1.2.3@sha256:b',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
