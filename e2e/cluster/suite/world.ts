import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ApiClient } from '../api-client.ts';
import type { Operations } from '../client/operations.ts';
import { Cluster } from './cluster.ts';
import type { Kubernetes } from './kubernetes.ts';
import { PodClient } from './pod-client.ts';
import { STORE_KEYS, Store } from './store.ts';
import { Workload } from './workload.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const BUCKET = 'chronik';
/** What the scenarios share: the Kubernetes cluster, one ChronikCluster in it, its store, a client, and what it was told is safe. */
export class World {
  readonly kube: Kubernetes;
  readonly api: ApiClient;
  readonly store: Store;
  /** The store of another region; not there before a scenario starts it. */
  readonly east: Store;
  readonly cluster: Cluster;
  readonly #bin: string;
  /** What most scenarios write and read. */
  readonly orders: Workload;
  #client: PodClient | undefined;

  constructor(kube: Kubernetes) {
    this.kube = kube;
    this.api = kube.api;
    this.store = new Store(kube.api, 'minio');
    this.east = new Store(kube.api, 'minio-east');
    this.cluster = new Cluster(kube.api, 'shop', 'orders');
    this.orders = new Workload(() => this.client, { topic: 'orders', partitions: 3, atOnce: 3 });
    this.#bin = execFileSync(join(ROOT, 'e2e/cluster/tools'), { encoding: 'utf8' }).trim();
  }

  get client(): Operations {
    if (this.#client === undefined) throw new Error('there is no client yet: the scenario `install` comes first');
    return this.#client.operations;
  }

  kubectl(...args: readonly string[]): string {
    return this.#tool('kubectl', args);
  }

  /** `kubectl get --watch`, as a person has it open meanwhile; ending it answers what it has printed. */
  watch(...args: readonly string[]): () => string {
    const printed: string[] = [];
    const command = [...args, '--watch'];
    const child = spawn(join(this.#bin, 'kubectl'), command, {
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.on('data', (chunk: Buffer) => printed.push(String(chunk)));
    return () => {
      child.kill();
      return printed.join('');
    };
  }

  helm(...args: readonly string[]): string {
    return this.#tool('helm', args);
  }

  /** Commands as a person would type them at the root of the repository, up to the first that fails. */
  shell(commands: string): string {
    return execFileSync('bash', ['-euo', 'pipefail', '-c', commands], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...this.#environment(), PATH: `${this.#bin}:${process.env['PATH']}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** The chart as a user installs it, looking after the namespace of the cluster. */
  installOperator(verb: 'install' | 'upgrade'): void {
    const chart = join(ROOT, 'charts/chronik-operator');
    const values = ['--set', `watch.namespaces={${this.cluster.namespace}}`];
    this.helm(verb, 'chronik-operator', chart, '-n', 'chronik', '--create-namespace', '--wait', ...values);
  }

  async createNamespace(name: string): Promise<void> {
    await this.api.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  /** The client lives in a namespace of its own, so that it survives what happens to the cluster. */
  async startClient(): Promise<void> {
    this.#client = await PodClient.start(this.api, 'clients', 'client', this.cluster.bootstrap);
  }

  /** The Secret and the resource that a user applies. */
  manifest(spec: object = {}, cluster = this.cluster): readonly [secret: object, cluster: object] {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bucket', namespace: cluster.namespace },
      stringData: { accessKeyId: STORE_KEYS.key, secretAccessKey: STORE_KEYS.secret },
    };
    const resource = {
      apiVersion: 'chronik.stream/v1alpha1',
      kind: 'ChronikCluster',
      metadata: { name: cluster.name, namespace: cluster.namespace },
      spec: {
        objectStore: {
          s3: { bucket: BUCKET, endpoint: this.store.endpoint, prefix: 'orders' },
          credentials: { secretRef: { name: 'bucket' } },
        },
        storage: { size: '1Gi' },
        ...spec,
      },
    };
    return [secret, resource];
  }

  async apply(objects: readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    execFileSync(join(this.#bin, 'kubectl'), ['apply', '-f', '-'], {
      input: JSON.stringify(list),
      stdio: ['pipe', 'pipe', 'pipe'],
      env: this.#environment(),
    });
    await Promise.resolve();
  }

  #tool(name: string, args: readonly string[]): string {
    return execFileSync(join(this.#bin, name), args, {
      encoding: 'utf8',
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  #environment(): NodeJS.ProcessEnv {
    const { folder, kubeconfig } = this.kube;
    return {
      ...process.env,
      KUBECONFIG: kubeconfig,
      HELM_CACHE_HOME: folder,
      HELM_CONFIG_HOME: folder,
      HELM_DATA_HOME: folder,
    };
  }
}
