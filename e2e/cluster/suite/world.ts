import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ApiClient } from '../api-client.ts';
import type { Ack } from '../client/load.ts';
import type { Operations } from '../client/operations.ts';
import { until } from '../processes.ts';
import { Cluster } from './cluster.ts';
import type { Kubernetes } from './kubernetes.ts';
import { PodClient } from './pod-client.ts';
import { STORE_KEYS, Store } from './store.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const BUCKET = 'chronik';
const TOPIC = 'orders';
const PARTITIONS = 3;
/** A group without members whose offsets are committed before each fault and have to be the same after it. */
const BOOKMARKS = 'bookmarks';

/** What the scenarios share: the Kubernetes cluster, one ChronikCluster in it, its store, a client, and what it was told is safe. */
export class World {
  readonly kube: Kubernetes;
  readonly api: ApiClient;
  readonly store: Store;
  readonly cluster: Cluster;
  readonly #bin: string;
  readonly #acks: Ack[] = [];
  #client: PodClient | undefined;
  #loads = 0;

  constructor(kube: Kubernetes) {
    this.kube = kube;
    this.api = kube.api;
    this.store = new Store(kube.api, 'minio');
    this.cluster = new Cluster(kube.api, 'shop', 'orders');
    this.#bin = execFileSync(join(ROOT, 'e2e/cluster/tools'), { encoding: 'utf8' }).trim();
  }

  get client(): Operations {
    if (this.#client === undefined) throw new Error('there is no client yet: the scenario `install` comes first');
    return this.#client.operations;
  }

  kubectl(...args: readonly string[]): string {
    return this.#tool('kubectl', args);
  }

  helm(...args: readonly string[]): string {
    return this.#tool('helm', args);
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

  createTopic(): Promise<void> {
    return this.client.createTopic({ topic: TOPIC, partitions: PARTITIONS });
  }

  /** Plays `fault` while a client produces and reads, waits until both go on, and holds everything against what was acknowledged. */
  async underLoad(fault: () => Promise<void>): Promise<string> {
    await this.client.commit({ group: BOOKMARKS, topic: TOPIC, offsets: this.#ends() });
    const bookmarks = this.#ends();
    this.#loads += 1;
    await this.client.startLoad({ topic: TOPIC, partitions: PARTITIONS, name: `load-${this.#loads}`, everyMs: 50 });
    await fault();
    const before = await this.client.load();
    await until('clients go on', 120, async () => {
      const now = await this.client.load();
      return (now.acks.length > before.acks.length + 5 && now.consumed > before.consumed + 5) || undefined;
    });
    const { acks, produceGapSeconds, fetchGapSeconds } = await this.client.stopLoad();
    this.#acks.push(...acks);
    const records = await this.check(bookmarks);
    return `produce ${produceGapSeconds.toFixed(1)} s, fetch ${fetchGapSeconds.toFixed(1)} s away; ${records}`;
  }

  /** Every acknowledged record at its offset, nothing else, and the bookmarks where they were. Throws what is wrong. */
  async check(bookmarks?: readonly number[]): Promise<string> {
    const group = bookmarks === undefined ? {} : { group: { id: BOOKMARKS, offsets: bookmarks } };
    const wrong = await this.client.check({ topic: TOPIC, acks: this.#acks, ...group });
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    return `${this.#acks.length} records exact`;
  }

  #ends(): readonly number[] {
    return Array.from({ length: PARTITIONS }, (_, partition) =>
      this.#acks.reduce((end, ack) => (ack.partition === partition ? Math.max(end, ack.offset + 1) : end), 0),
    );
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
