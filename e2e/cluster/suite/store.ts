// A real S3 server in the cluster: MinIO with a volume of its own.
import { at } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { until } from '../processes.ts';

export const STORE_KEYS = { key: 'chronik', secret: 'not-a-secret-anywhere-else' };

export class Store {
  readonly namespace: string;
  readonly endpoint: string;
  readonly #api: ApiClient;
  readonly #deployment: string;

  constructor(api: ApiClient, namespace: string) {
    this.#api = api;
    this.namespace = namespace;
    this.endpoint = `http://minio.${namespace}.svc:9000`;
    this.#deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/minio`;
  }

  async start(): Promise<void> {
    const inNamespace = `/api/v1/namespaces/${this.namespace}`;
    await this.#api.must('POST', '/api/v1/namespaces', named('Namespace', this.namespace, {}));
    await this.#api.must('POST', `${inNamespace}/persistentvolumeclaims`, {
      ...named('PersistentVolumeClaim', 'minio', {}),
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } },
    });
    await this.#api.must('POST', `${inNamespace}/services`, {
      ...named('Service', 'minio', {}),
      spec: { selector: { app: 'minio' }, ports: [{ port: 9000 }] },
    });
    await this.#api.must('POST', this.#deployment.slice(0, this.#deployment.lastIndexOf('/')), deployment());
    await this.#whenServing();
  }

  /** Without a server, its data kept: connections are refused until `play` is over, and then it is back whatever happened. */
  async whileAway(play: () => Promise<void>): Promise<void> {
    await this.takeAway();
    try {
      await play();
    } finally {
      await this.bringBack();
    }
  }

  async takeAway(): Promise<void> {
    await this.#scale(0);
    const pods = `/api/v1/namespaces/${this.namespace}/pods`;
    await until('MinIO is gone', 60, async () =>
      (await this.#api.must('GET', pods)).items?.length === 0 ? true : undefined,
    );
  }

  async bringBack(): Promise<void> {
    await this.#scale(1);
    await this.#whenServing();
  }

  async isThere(): Promise<boolean> {
    return (await this.#api.find(this.#deployment)) !== undefined;
  }

  async #scale(replicas: number): Promise<void> {
    await this.#api.merge(this.#deployment, { spec: { replicas } });
  }

  #whenServing(): Promise<unknown> {
    return until(
      'MinIO serves',
      90,
      async () => at(await this.#api.find(this.#deployment), 'status.readyReplicas') === 1 || undefined,
    );
  }
}

function named(
  kind: string,
  name: string,
  labels: Readonly<Record<string, string>>,
): { readonly [field: string]: unknown } {
  return { apiVersion: 'v1', kind, metadata: { name, labels } };
}

function deployment(): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'minio' },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: { app: 'minio' } },
      template: {
        metadata: { labels: { app: 'minio' } },
        spec: {
          terminationGracePeriodSeconds: 2,
          containers: [
            {
              name: 'minio',
              image: 'chronik-e2e/minio:1',
              args: ['server', '--quiet', '/data'],
              env: [
                { name: 'MINIO_ROOT_USER', value: STORE_KEYS.key },
                { name: 'MINIO_ROOT_PASSWORD', value: STORE_KEYS.secret },
                { name: 'MINIO_BROWSER', value: 'off' },
                { name: 'MINIO_UPDATE', value: 'off' },
                // Lets it use a drive that is the system's own, as a test's is.
                { name: 'MINIO_CI_CD', value: '1' },
              ],
              readinessProbe: { httpGet: { path: '/minio/health/ready', port: 9000 }, periodSeconds: 1 },
              volumeMounts: [{ name: 'data', mountPath: '/data' }],
            },
          ],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'minio' } }],
        },
      },
    },
  };
}
