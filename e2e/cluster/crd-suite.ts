import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiClient } from './api-client.ts';

interface Example {
  readonly rule: string;
  readonly from?: Readonly<Record<string, unknown>>;
  readonly accept: Readonly<Record<string, unknown>>;
  readonly reject: Readonly<Record<string, unknown>>;
}

const PATH = '/apis/chronik.stream/v1alpha1/namespaces/default/chronikclusters';
const ROOT = join(import.meta.dirname, '../..');

/** Each rule of the CRD against a real API server: accepts what it should, rejects what it should. Returns how many there were. */
export async function checkRules(api: ApiClient): Promise<number> {
  const vectors = JSON.parse(
    readFileSync(join(ROOT, 'operator/test/vectors/rules.json'), 'utf8'),
  ) as readonly Example[];
  for (const [index, { rule, from, accept, reject }] of vectors.entries()) {
    const name = `rule-${index}`;
    if (from === undefined) {
      await expectStatus(api, 'POST', `${PATH}?dryRun=All`, resource(name, accept), 201, `${rule}: accepts`);
      await expectStatus(api, 'POST', `${PATH}?dryRun=All`, resource(name, reject), 422, `${rule}: rejects`);
      continue;
    }
    const made = await api.must('POST', PATH, resource(name, from));
    const { resourceVersion } = made.metadata;
    const changed = (patch: Readonly<Record<string, unknown>>): object => {
      const wanted = resource(name, patch);
      return { ...wanted, metadata: { ...wanted.metadata, resourceVersion } };
    };
    await expectStatus(api, 'PUT', `${PATH}/${name}?dryRun=All`, changed(accept), 200, `${rule}: accepts`);
    await expectStatus(api, 'PUT', `${PATH}/${name}?dryRun=All`, changed(reject), 422, `${rule}: rejects`);
    await api.must('DELETE', `${PATH}/${name}`);
  }
  return vectors.length;
}

function resource(
  fallback: string,
  patch: Readonly<Record<string, unknown>>,
): { readonly metadata: { readonly name: unknown }; readonly [field: string]: unknown } {
  const { name = fallback, ...fields } = patch;
  const objectStore = { s3: { bucket: 'orders', region: 'eu-central-1' } };
  return {
    apiVersion: 'chronik.stream/v1alpha1',
    kind: 'ChronikCluster',
    metadata: { name },
    spec: { objectStore, ...fields },
  };
}

async function expectStatus(
  api: ApiClient,
  method: string,
  path: string,
  body: object,
  status: number,
  what: string,
): Promise<void> {
  const answer = await api.call(method, path, body);
  if (answer.status !== status) {
    throw new Error(`${what}: the API server answered ${answer.status}: ${answer.body.message ?? ''}`);
  }
}
