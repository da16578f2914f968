// make e2e-cluster: the operator against a real API server, etcd and controller manager. The operator runs as its own process
// with the rights that the chart gives it, and no others; brokers are real processes on a pretended node. One line a scenario.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from './api-client.ts';
import type { KubeObject } from './api-client.ts';
import { ControlPlane, writeKubeconfig } from './control-plane.ts';
import { checkRules } from './crd-suite.ts';
import { PretendNode } from './pretend-node.ts';
import { Program, pause, until } from './processes.ts';
import { expectRecords, produce } from './records.ts';
import { UntidyCopier } from './untidy-copier.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAMESPACE = 'shop';
const CLUSTER = `/apis/chronik.stream/v1alpha1/namespaces/${NAMESPACE}/chronikclusters/orders`;
const PORT = 19_592;
const OPERATOR_PORT = 19_595;

const folder = mkdtempSync(join(tmpdir(), 'chronik-e2e-'));
const results: string[] = [];
let failed = 0;

async function scenario(name: string, play: () => Promise<string | void> | string): Promise<void> {
  const startedMs = performance.now();
  const took = (): string => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  try {
    const note = await play();
    results.push(`✔ ${name.padEnd(44)} ${took().padStart(8)}  ${note ?? ''}`.trimEnd());
  } catch (error) {
    failed += 1;
    results.push(
      `✘ ${name.padEnd(44)} ${took().padStart(8)}  ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  console.log(results.at(-1));
}

const bin = execFileSync(join(import.meta.dirname, 'tools'), { encoding: 'utf8' }).trim();
const plane = await ControlPlane.start(folder);
const { api } = plane;
const node = new PretendNode(api, folder, join(ROOT, 'bin/chronik'));
let operator: Program | undefined;
let records = 0;

const environment = { ...process.env, KUBECONFIG: plane.kubeconfig, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder };
const helm = (...args: readonly string[]): string =>
  execFileSync(join(bin, 'helm'), args, { encoding: 'utf8', env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
const kubectl = (...args: readonly string[]): string =>
  execFileSync(join(bin, 'kubectl'), args, { encoding: 'utf8', env: environment, stdio: ['ignore', 'pipe', 'pipe'] });

const manifest = {
  apiVersion: 'chronik.stream/v1alpha1',
  kind: 'ChronikCluster',
  metadata: { name: 'orders', namespace: NAMESPACE },
  spec: {
    objectStore: { local: { claimName: 'bucket' } },
    storage: { size: '1Gi' },
    listeners: [{ name: 'internal', port: PORT }],
    resources: { requests: { cpu: '1000m', memory: '1024Mi' } },
  },
};

async function applyCluster(): Promise<void> {
  await api.must('POST', CLUSTER.slice(0, CLUSTER.lastIndexOf('/')), manifest);
}

function whenReady(seconds = 60): Promise<KubeObject> {
  return until('the cluster is Ready', seconds, async () => {
    const cluster = await api.find(CLUSTER);
    const current = at(cluster, 'status.observedGeneration') === at(cluster, 'metadata.generation');
    return current && at(cluster, 'status.phase') === 'Ready' ? cluster : undefined;
  });
}

/** A token of the operator's own service account: it may do what the chart's roles say, and nothing else. */
async function startOperator(): Promise<void> {
  const path = '/api/v1/namespaces/chronik/serviceaccounts/chronik-operator/token';
  const answer = await api.must('POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  const kubeconfig = writeKubeconfig(join(folder, 'operator.kubeconfig'), {
    ...api.access,
    token: String(at(answer, 'status.token')),
  });
  const main = join(ROOT, 'operator/src/main.ts');
  operator = new Program('operator', join(folder, 'log/operator.log'), [process.execPath, main], {
    PATH: process.env['PATH'],
    KUBECONFIG: kubeconfig,
    CHRONIK_OPERATOR_NAMESPACE: 'chronik',
    CHRONIK_OPERATOR_IDENTITY: `operator-${Date.now()}`,
    CHRONIK_OPERATOR_HTTP_PORT: String(OPERATOR_PORT),
    CHRONIK_WATCH_NAMESPACES: NAMESPACE,
    CHRONIK_BROKER_IMAGE: 'chronik-broker:test',
  });
  await until('the operator leads', 40, async () => ((await operatorMetric('leading')) === 1 ? true : undefined));
}

async function operatorMetric(name: string): Promise<number> {
  const text = await new Promise<string>((resolve, reject) => {
    get({ host: '127.0.0.1', port: OPERATOR_PORT, path: '/metrics' }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += String(chunk)));
      answer.on('end', () => resolve(body));
    }).on('error', reject);
  });
  const values = [...text.matchAll(new RegExp(`^chronik_operator_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

async function loseVolume(): Promise<void> {
  node.killNext = true;
  await api.must('DELETE', `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims/data-orders-0`);
  await api.must('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/orders-0`);
}

async function install(): Promise<void> {
  await scenario('helm install of the operator', async () => {
    for (const name of [NAMESPACE, 'chronik']) {
      await api.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    const watch = `watch.namespaces={${NAMESPACE}}`;
    helm(
      'install',
      'chronik-operator',
      join(ROOT, 'charts/chronik-operator'),
      '-n',
      'chronik',
      '--set',
      `replicas=0,${watch}`,
    );
    await until('the CRD is established', 20, async () => {
      const crd = await api.find(
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/chronikclusters.chronik.stream',
      );
      const conditions = at(crd, 'status.conditions') as readonly object[] | undefined;
      return conditions?.some((one) => at(one, 'type') === 'Established' && at(one, 'status') === 'True') || undefined;
    });
  });
  await scenario('every rule of the CRD, for and against', async () => `${await checkRules(api)} rules`);
  await scenario('the samples are admitted', () =>
    kubectl('apply', '--dry-run=server', '-n', NAMESPACE, '-f', join(ROOT, 'docs/samples'))
      .trim()
      .split('\n')
      .length.toString(),
  );
  await scenario('a cluster comes up', async () => {
    await node.start();
    await startOperator();
    await applyCluster();
    await whenReady();
    await produce(PORT, 0, 500);
    records = 500;
    await expectRecords(PORT, records);
  });
}

async function losses(): Promise<void> {
  await scenario('pod and volume lost: restored by itself', async () => {
    await loseVolume();
    const startedMs = performance.now();
    await pause(500);
    await produce(PORT, records, 100);
    records += 100;
    const outage = ((performance.now() - startedMs) / 1000).toFixed(1);
    await expectRecords(PORT, records);
    const cluster = await whenReady();
    const mode = at(cluster, 'status.nodes.0.lastRecovery.mode');
    if (mode !== 'restored') throw new Error(`lastRecovery.mode is ${String(mode)}`);
    return `first produce acknowledged ${outage} s after the deletion, ${records} records`;
  });
  await scenario('at rest nothing is written (30 s)', async () => {
    await pause(3_000);
    const before = await operatorMetric('writes_total');
    await pause(30_000);
    const leases = await operatorMetric('writes_total');
    if (leases !== before) throw new Error(`${leases - before} writes`);
  });
  await scenario('a changed setting rolls the broker', async () => {
    const before = (await api.find(`/api/v1/namespaces/${NAMESPACE}/pods/orders-0`))?.metadata.uid;
    node.killNext = false;
    await api.merge(CLUSTER, { spec: { config: { CHRONIK_LOG_LEVEL: 'debug' } } });
    await until('a new pod', 60, async () => {
      const pod = await api.find(`/api/v1/namespaces/${NAMESPACE}/pods/orders-0`);
      return pod !== undefined && pod.metadata.uid !== before ? true : undefined;
    });
    await whenReady();
    await expectRecords(PORT, records);
  });
  await scenario('a child that a user edits comes back', async () => {
    const path = `/api/v1/namespaces/${NAMESPACE}/services/orders-bootstrap`;
    await api.merge(path, { spec: { selector: { 'chronik.stream/cluster': 'somebody-else' } } });
    await until('the selector', 20, async () => {
      const service = await api.find(path);
      return at(service, 'spec.selector')?.['chronik.stream/cluster' as never] === 'orders' || undefined;
    });
  });
}

/** What volumes can and cannot do; the class of this cluster's does not let them grow until somebody allows it. */
async function growth(): Promise<void> {
  const claim = `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims/data-orders-0`;
  const requested = async (): Promise<unknown> => at(await api.find(claim), 'spec.resources.requests.storage');
  const pod = `/api/v1/namespaces/${NAMESPACE}/pods/orders-0`;
  const before = (await api.find(pod))?.metadata.uid;
  await scenario('a volume that cannot grow: told with class and remedy', async () => {
    await until(
      'the claim is bound',
      30,
      async () => at(await api.find(claim), 'status.phase') === 'Bound' || undefined,
    );
    await api.merge(CLUSTER, { spec: { storage: { size: '2Gi' } } });
    const said = await until('Stalled', 60, async () => {
      const message = await stalled();
      return message.includes('StorageClass plain') && message.includes('allowVolumeExpansion') ? message : undefined;
    });
    if ((await requested()) !== '1Gi') throw new Error(`the claim asks for ${String(await requested())}`);
    await whenReady();
    return said;
  });
  await scenario('the class allows it: it grows while the broker runs', async () => {
    await node.volumes.allowExpansion();
    await until('the claim asks for 2Gi', 90, async () => (await requested()) === '2Gi' || undefined);
    await until('nothing needs a person', 60, async () => (await stalled()) === 'nothing needs a person' || undefined);
    await until('the volume is there', 60, async () => {
      const conditions = (at(await api.find(CLUSTER), 'status.conditions') ?? []) as readonly object[];
      const volumes = conditions.find((one) => at(one, 'type') === 'VolumesHealthy');
      return at(volumes, 'reason') === 'Initialized' || undefined;
    });
    if ((await api.find(pod))?.metadata.uid !== before) throw new Error('the broker was replaced for it');
    await expectRecords(PORT, records);
  });
  await scenario('a volume never shrinks: refused', async () => {
    const shrunk = api.merge(CLUSTER, { spec: { storage: { size: '1Gi' } } });
    const message = await shrunk.then(
      () => 'accepted',
      (error: unknown) => String(error),
    );
    if (!message.includes('volumes only grow')) throw new Error(message);
    return message;
  });
}

/** What the condition Stalled says. */
async function stalled(): Promise<string> {
  const conditions = (at(await api.find(CLUSTER), 'status.conditions') ?? []) as readonly object[];
  return String(
    at(
      conditions.find((one) => at(one, 'type') === 'Stalled'),
      'message',
    ),
  );
}

/** Waits for the hold and does what the condition says. */
async function releaseHeld(): Promise<void> {
  const said = await until('held for release', 60, async () => {
    const state = at(await api.find(CLUSTER), 'status.nodes.0.state');
    return state === 'HeldForRelease' ? stalled() : undefined;
  });
  const command = /kubectl (annotate .*)$/.exec(said)?.[1];
  if (command === undefined) throw new Error(`no command in: ${said}`);
  kubectl(...command.split(' '));
  await whenReady();
  await expectRecords(PORT, records);
}

async function decisions(): Promise<void> {
  await scenario('Hold: a new volume waits for its release', async () => {
    await api.merge(CLUSTER, { spec: { recovery: { onEmptyVolume: 'Hold' } } });
    await whenReady();
    await loseVolume();
    await releaseHeld();
  });
  await scenario('Hold: so does one that was emptied in place', async () => {
    node.killNext = true;
    node.emptyNext = true;
    await api.must('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/orders-0`);
    await until('another pod', 60, async () => at(await api.find(CLUSTER), 'status.phase') === 'Holding' || undefined);
    node.emptyNext = false;
    await releaseHeld();
  });
  await scenario('an emptied bucket: nothing begins anew; back it goes on', async () => {
    node.killNext = true;
    renameSync(join(folder, 'bucket'), join(folder, 'away'));
    await api.must('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/orders-0`);
    await until('BUCKET_EMPTIED', 90, async () => (await stalled()).includes('BUCKET_EMPTIED') || undefined);
    rmSync(join(folder, 'bucket'), { recursive: true, force: true });
    renameSync(join(folder, 'away'), join(folder, 'bucket'));
    await whenReady(120);
    await expectRecords(PORT, records);
  });
  await scenario('operator killed and restarted: nothing changes', async () => {
    await operator?.stop('SIGKILL');
    await startOperator();
    await whenReady();
  });
  await scenario('a missing right is named in the status', async () => {
    const role = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles/chronik-operator`;
    const found = await api.must('GET', role);
    const rules = found['rules'] as readonly { readonly resources: readonly string[] }[];
    await api.merge(role, { rules: rules.filter(({ resources }) => !resources.includes('networkpolicies')) });
    await api.must('DELETE', `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/orders`);
    await until('Stalled', 60, async () => (await stalled()).includes('networkpolicies') || undefined);
    await api.merge(role, { rules });
    await until('the policy is back', 60, () =>
      api.find(`/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/orders`),
    );
    await whenReady(90);
  });
}

async function ends(): Promise<void> {
  console.log(kubectl('get', 'chk', '-n', NAMESPACE, '-o', 'wide'));
  console.log(kubectl('describe', 'chk', 'orders', '-n', NAMESPACE));
  await scenario('deletion keeps the claim; the same manifest continues', async () => {
    node.killNext = false;
    await api.must('DELETE', CLUSTER);
    await until('the cluster is gone', 90, async () => ((await api.find(CLUSTER)) === undefined ? true : undefined));
    const claim = await api.find(`/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims/data-orders-0`);
    if (claim === undefined) throw new Error('the claim is gone, too');
    await applyCluster();
    await whenReady(120);
    await expectRecords(PORT, records);
  });
  await scenario('namespace deleted and made again', async () => {
    const path = `/api/v1/namespaces/${NAMESPACE}`;
    await api.must('DELETE', path);
    await until('the namespace is gone', 120, async () => ((await api.find(path)) === undefined ? true : undefined));
    await api.must('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE },
    });
    const watch = `watch.namespaces={${NAMESPACE}}`;
    helm(
      'upgrade',
      'chronik-operator',
      join(ROOT, 'charts/chronik-operator'),
      '-n',
      'chronik',
      '--set',
      `replicas=0,${watch}`,
    );
    await applyCluster();
    await whenReady(180);
    await expectRecords(PORT, records);
    return `${records} records`;
  });
}

async function storeLost(): Promise<void> {
  await scenario('the store is lost: goes on from the replica by itself', async () => {
    node.killNext = false;
    const copier = new UntidyCopier(join(folder, 'bucket'), join(folder, 'bucket-east'));
    copier.start();
    await api.merge(CLUSTER, {
      spec: {
        replicaStores: [{ name: 'east', local: { claimName: 'east' } }],
        replication: { managedBy: 'Provider' },
        recovery: { failover: { mode: 'Automatic', store: 'east', after: '5s', maxDataLoss: '60s' } },
      },
    });
    await whenReady();
    await produce(PORT, records, 100);
    records += 100;
    // Everything acknowledged is in the copy once a later heartbeat is.
    await pause(25_000);
    node.killNext = true;
    const startedMs = performance.now();
    await copier.stop();
    rmSync(join(folder, 'bucket'), { recursive: true });
    await until(
      'runs on east',
      120,
      async () => at(await api.find(CLUSTER), 'status.activeStore') === 'east' || undefined,
    );
    await whenReady();
    await produce(PORT, records, 1);
    records += 1;
    const outage = ((performance.now() - startedMs) / 1000).toFixed(1);
    await expectRecords(PORT, records);
    return `first produce acknowledged ${outage} s after the loss, ${records} records`;
  });
}

async function stopAll(): Promise<void> {
  await operator?.stop();
  await node.stop();
  await plane.stop();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().then(() => process.exit(130)));
}

try {
  await install();
  await losses();
  await growth();
  await decisions();
  await ends();
  await storeLost();
} catch (error) {
  failed += 1;
  console.error(error);
} finally {
  await stopAll();
  if (failed === 0) rmSync(folder, { recursive: true, force: true });
  else console.error(`logs: ${join(folder, 'log')}`);
}
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
