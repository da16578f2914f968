// make charts: lints the charts and compares what they render with the files in golden/. With --update it writes those files.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const BIN = execFileSync(join(ROOT, 'e2e/cluster/tools'), { encoding: 'utf8' }).trim();

interface Case {
  readonly name: string;
  readonly chart: 'chronik-operator' | 'chronik-cluster';
  readonly args: readonly string[];
}

const values = (name: string): readonly string[] => ['-f', join(import.meta.dirname, 'values', `${name}.yaml`)];

/** The CRD has a test of its own; here it would only hide the rest. */
const WITHOUT_CRD = ['--set', 'crds.install=false'];

const RENDERED: readonly Case[] = [
  { name: 'operator', chart: 'chronik-operator', args: WITHOUT_CRD },
  {
    name: 'operator-namespaces',
    chart: 'chronik-operator',
    args: [...WITHOUT_CRD, '--set', 'watch.namespaces={shop,billing},replicas=2'],
  },
  { name: 'operator-everywhere', chart: 'chronik-operator', args: [...WITHOUT_CRD, ...values('everywhere')] },
  { name: 'cluster-s3', chart: 'chronik-cluster', args: values('s3') },
];

const REFUSED: readonly Case[] = [
  { name: 'a cluster without a store', chart: 'chronik-cluster', args: [] },
  { name: 'a cluster of three brokers', chart: 'chronik-cluster', args: [...values('s3'), '--set', 'spec.brokers=3'] },
  { name: 'a field that is not there', chart: 'chronik-cluster', args: [...values('s3'), '--set', 'spec.replicas=1'] },
  { name: 'a value that is not there', chart: 'chronik-operator', args: ['--set', 'watch.all=true'] },
];

function helm(verb: string, { chart, args }: Omit<Case, 'name'>): { readonly ok: boolean; readonly text: string } {
  const path = join(ROOT, 'charts', chart);
  const release = verb === 'template' ? ['orders', path, '-n', 'ops', '--kube-version', '1.34.0'] : [path];
  const result = spawnSync(join(BIN, 'helm'), [verb, ...release, ...args], { encoding: 'utf8' });
  return { ok: result.status === 0, text: result.status === 0 ? result.stdout : result.stderr + result.stdout };
}

/** For those who have no Helm: the chart with its defaults, in a namespace `chronik`. Written with --update, too. */
function checkManifest(): string | undefined {
  const release = ['template', 'chronik-operator', join(ROOT, 'charts/chronik-operator'), '-n', 'chronik'];
  const { status, stdout, stderr } = spawnSync(join(BIN, 'helm'), [...release, '--kube-version', '1.34.0'], {
    encoding: 'utf8',
  });
  if (status !== 0) return stderr;
  const head = '# The operator without Helm; made of charts/chronik-operator by `make charts`, never edited.\n';
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: chronik\n';
  const text = `${head}${namespace}${stdout.replaceAll('managed-by: Helm', 'managed-by: kubectl')}`;
  const path = join(ROOT, 'deploy/operator.yaml');
  if (process.argv.includes('--update')) writeFileSync(path, text);
  return readFileSync(path, 'utf8') === text ? undefined : `differs from ${path}: run with --update`;
}

let passed = 0;
let failed = 0;

function report(what: string, complaint: string | undefined): void {
  if (complaint === undefined) passed += 1;
  else failed += 1;
  console.log(complaint === undefined ? `✔ ${what}` : `✘ ${what}\n${complaint}`);
}

for (const { name, ...rendering } of RENDERED) {
  const linted = helm('lint', { ...rendering, args: [...rendering.args, '--strict'] });
  report(`helm lint ${name}`, linted.ok ? undefined : linted.text);
  const golden = join(import.meta.dirname, 'golden', `${name}.yaml`);
  const rendered = helm('template', rendering);
  if (rendered.ok && process.argv.includes('--update')) writeFileSync(golden, rendered.text);
  const same = rendered.ok && readFileSync(golden, 'utf8') === rendered.text;
  report(
    `helm template ${name}`,
    same ? undefined : `differs from ${golden}: look, then run with --update\n${rendered.text}`,
  );
}
for (const { name, ...rendering } of REFUSED) {
  report(`refused: ${name}`, helm('template', rendering).ok ? 'it was rendered' : undefined);
}
report('deploy/operator.yaml is what the chart renders', checkManifest());
const whole = helm('template', { chart: 'chronik-operator', args: [] });
const keeps =
  whole.text.includes('helm.sh/resource-policy: keep') && whole.text.includes('kind: CustomResourceDefinition');
report('the CRD is part of the release and outlives it', keeps ? undefined : whole.text);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
