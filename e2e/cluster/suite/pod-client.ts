import { ApiClient, at } from '../api-client.ts';
import type { Operations } from '../client/operations.ts';
import { until } from '../processes.ts';

const IMAGE = 'chronik-e2e/client:1';
/** An operation may wait for a broker that is away. */
const PATIENCE_MS = 180_000;

/** A Kafka client in a pod of its own, asked through the API server, so that it can be asked on every cluster. */
export class PodClient {
  readonly #api: ApiClient;
  readonly #path: string;
  readonly operations: Operations;

  private constructor(api: ApiClient, path: string) {
    this.#api = api;
    this.#path = path;
    // Each operation is a request of the same name.
    this.operations = new Proxy({} as Operations, {
      get: (_, name) => (plan?: object) => this.#ask(String(name), plan),
    });
  }

  static async start(api: ApiClient, namespace: string, name: string, bootstrap: string): Promise<PodClient> {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await api.must('POST', path, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'client',
            image: IMAGE,
            env: [{ name: 'BOOTSTRAP', value: bootstrap }],
            ports: [{ containerPort: 8080 }],
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    });
    await until(`pod ${name}`, 60, async () => {
      const conditions = (at(await api.find(`${path}/${name}`), 'status.conditions') ?? []) as readonly object[];
      return conditions.some((one) => at(one, 'type') === 'Ready' && at(one, 'status') === 'True') || undefined;
    });
    return new PodClient(new ApiClient(api.access, PATIENCE_MS), `${path}/${name}`);
  }

  async stop(): Promise<void> {
    await this.#api.call('DELETE', this.#path);
  }

  async #ask(operation: string, plan?: object): Promise<unknown> {
    const name = this.#path.slice(this.#path.lastIndexOf('/') + 1);
    const base = this.#path.slice(0, this.#path.lastIndexOf('/'));
    const answer = await this.#api.must('POST', `${base}/${name}:8080/proxy/${operation}`, plan ?? {});
    return answer['result'];
  }
}
