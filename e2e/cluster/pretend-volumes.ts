import { at } from './api-client.ts';
import type { ApiClient, KubeObject } from './api-client.ts';

const CLASS = '/apis/storage.k8s.io/v1/storageclasses/plain';
const VOLUMES = '/api/v1/persistentvolumes';

/** Provisioner and resizer of the default StorageClass, `plain`: Kubernetes' own part, from claims to admission, is the real one. */
export class PretendVolumes {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async start(): Promise<void> {
    await this.#api.must('POST', CLASS.slice(0, CLASS.lastIndexOf('/')), {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'plain', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'chronik.stream/pretend',
      allowVolumeExpansion: false,
    });
  }

  async allowExpansion(): Promise<void> {
    await this.#api.merge(CLASS, { allowVolumeExpansion: true });
  }

  /** Gives each claim its volume, lets those grow that shall, and takes back what nobody claims any more. */
  async turn(claims: readonly KubeObject[]): Promise<void> {
    const { items: volumes = [] } = await this.#api.must('GET', VOLUMES);
    for (const claim of claims) {
      const phase = at(claim, 'status.phase');
      if (phase === 'Pending' && !volumes.some((one) => one.metadata.name === nameFor(claim))) await this.#make(claim);
      if (phase === 'Bound' && sizeOf(claim) !== at(claim, 'status.capacity.storage')) await this.#grow(claim);
    }
    for (const { metadata } of volumes.filter((one) => at(one, 'status.phase') === 'Released')) {
      await this.#api.call('DELETE', `${VOLUMES}/${metadata.name}`);
    }
  }

  async #make(claim: KubeObject): Promise<void> {
    const { name, namespace, uid } = claim.metadata;
    await this.#api.must('POST', VOLUMES, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: nameFor(claim) },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: sizeOf(claim) },
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
        // Never looked at: the pretended node has a place of its own for what lies on it.
        hostPath: { path: '/nonexistent' },
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 'plain',
      },
    });
  }

  async #grow(claim: KubeObject): Promise<void> {
    const { name, namespace = 'default' } = claim.metadata;
    const capacity = { storage: sizeOf(claim) };
    await this.#api.merge(`${VOLUMES}/${nameFor(claim)}`, { spec: { capacity } });
    await this.#api.merge(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}/status`, {
      status: { capacity },
    });
  }
}

function nameFor({ metadata }: KubeObject): string {
  return `volume-${metadata.uid}`;
}

function sizeOf(claim: KubeObject): string {
  return String(at(claim, 'spec.resources.requests.storage'));
}
