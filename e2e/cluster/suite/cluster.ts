import { at } from '../api-client.ts';
import type { ApiClient, KubeObject } from '../api-client.ts';
import { until } from '../processes.ts';

export interface ClusterCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const AT_REST = { Ready: 'True', Reconciling: 'False', Stalled: 'False', UpToDate: 'True' };

/** A ChronikCluster of one broker, as its user and a saboteur see it. */
export class Cluster {
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  readonly pod: string;
  readonly claim: string;
  readonly #api: ApiClient;

  constructor(api: ApiClient, namespace: string, name: string) {
    this.#api = api;
    this.namespace = namespace;
    this.name = name;
    this.path = `/apis/chronik.stream/v1alpha1/namespaces/${namespace}/chronikclusters/${name}`;
    this.pod = `/api/v1/namespaces/${namespace}/pods/${name}-0`;
    this.claim = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/data-${name}-0`;
  }

  get bootstrap(): string {
    return `${this.name}-bootstrap.${this.namespace}.svc:9092`;
  }

  apply(manifest: object): Promise<KubeObject> {
    const query = 'fieldManager=suite&force=true';
    return this.#api.must('PATCH', `${this.path}?${query}`, manifest, 'application/apply-patch+yaml');
  }

  patch(patch: object): Promise<KubeObject> {
    return this.#api.merge(this.path, patch);
  }

  async phase(): Promise<unknown> {
    return at(await this.#api.find(this.path), 'status.phase');
  }

  async condition(type: string): Promise<ClusterCondition | undefined> {
    const conditions = at(await this.#api.find(this.path), 'status.conditions') as
      | readonly ClusterCondition[]
      | undefined;
    return conditions?.find((one) => one.type === type);
  }

  /** Ready, as specified, and with a pod that is not about to go. */
  whenReady(seconds = 120): Promise<KubeObject> {
    return until(`${this.name} is Ready`, seconds, async () => {
      const cluster = await this.#api.find(this.path);
      const conditions = (at(cluster, 'status.conditions') ?? []) as readonly ClusterCondition[];
      const current = at(cluster, 'status.observedGeneration') === at(cluster, 'metadata.generation');
      const settled = Object.entries(AT_REST).every(([type, status]) =>
        conditions.some((one) => one.type === type && one.status === status),
      );
      const pod = await this.#api.find(this.pod);
      const stays = pod !== undefined && pod.metadata.deletionTimestamp === undefined;
      return current && settled && stays && at(cluster, 'status.phase') === 'Ready' ? cluster : undefined;
    });
  }

  /** Waits until a condition says something that matches. */
  whenCondition(type: string, status: string, message: RegExp, seconds = 90): Promise<ClusterCondition> {
    let last: ClusterCondition | undefined;
    return until(`${type}=${status} with ${String(message)}`, seconds, async () => {
      last = await this.condition(type);
      if (last?.status === status && message.test(`${last.reason} ${last.message}`)) return last;
      throw new Error(`it says ${last?.status}: ${last?.reason}: ${last?.message}`);
    });
  }

  async uid(path: string): Promise<string | undefined> {
    return (await this.#api.find(path))?.metadata.uid;
  }

  /** `force`: at once, without a word to the broker, as when its machine is lost. */
  async deletePod(force = false): Promise<void> {
    await this.#api.must('DELETE', this.pod, deleteOptions(force));
  }

  async deletePodAndVolume(force = false): Promise<void> {
    await this.#api.must('DELETE', this.claim);
    await this.deletePod(force);
  }

  /** Resolves once the container runs again, after it was started `restarts` times more. */
  whenRestarted(restarts: number): Promise<unknown> {
    return until('the container is started again', 120, async () => {
      const found = await this.#api.find(this.pod);
      return Number(at(found, 'status.containerStatuses.0.restartCount')) > restarts || undefined;
    });
  }

  /** Resolves once another object of that path is there. */
  whenReplaced(uid: string | undefined, path = this.pod): Promise<string> {
    return until(`another ${path.split('/').at(-1)}`, 120, async () => {
      const found = await this.uid(path);
      return found !== undefined && found !== uid ? found : undefined;
    });
  }
}

function deleteOptions(force: boolean): object {
  return { apiVersion: 'v1', kind: 'DeleteOptions', ...(force ? { gracePeriodSeconds: 0 } : {}) };
}
