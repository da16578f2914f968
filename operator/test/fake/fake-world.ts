import { FINALIZER } from '../../src/api/index.ts';
import type { ChronikCluster } from '../../src/api/index.ts';
import { parseReport } from '../../src/plan/index.ts';
import type { BrokerReport } from '../../src/plan/index.ts';
import { GatedApi } from '../../src/runtime/gated-api.ts';
import { reconcile } from '../../src/runtime/reconcile.ts';
import type { Reconciled } from '../../src/runtime/reconcile.ts';
import { FakeKube } from './fake-kube.ts';
import type { Fields, Stored } from './fake-kube.ts';

const SPEC = {
  brokers: 1,
  storage: { size: '10Gi' },
  objectStore: { s3: { bucket: 'b', region: 'r' } },
  durability: { mode: 'object' },
  recovery: { onEmptyVolume: 'Auto', onDamage: 'Hold' },
  listeners: [{ name: 'internal', port: 9092, type: 'internal' }],
  paused: false,
} as const;

type Stage = 'starting' | 'restoring' | 'serving';

/** Kubernetes' own controllers, kubelets and brokers around a FakeKube, one step at a time. */
export class FakeWorld {
  readonly kube = new FakeKube();
  nowMs = Date.parse('2026-01-01T00:00:00Z');
  /** Bucket: undefined until a first broker has written to it. */
  lineage: string | undefined;
  /** UIDs of claims that a broker has filled. */
  readonly filled = new Set<string>();
  /** Images with which a broker never comes up. */
  readonly badImages = new Set<string>();
  /** No node takes new pods. */
  cordoned = false;
  /** Volumes that were emptied in place, and how often. */
  readonly #emptied = new Map<string, number>();
  /** The main store does not answer; `copy` is what the brokers see of the replica. */
  primaryAway = false;
  copy: object = {
    name: 'east',
    reachable: true,
    timeline: '0000000001-aaaaaaaa',
    cutTime: '2026-01-01T00:00:30.000Z',
  };
  /** Plans that brokers have carried out. */
  readonly promoted: string[] = [];
  /** Where the timelines say that the cluster runs, for a broker whose plan only assumes a store. */
  runsOn = 'primary';
  /** What a broker that serves says of its replica stores. */
  replication: readonly object[] | undefined;
  readonly #served = new Map<string, object>();
  /** What every init container says instead of ending. */
  inTheWay: { code: string; message: string; remedy: string; volume: string; reachable?: boolean } | undefined;
  /** With what its store turns every broker away. */
  storeRefusal: { code: string; message: string } | undefined;
  /** What every broker says instead of serving. */
  held: { code: string; message: string; remedy: string } | undefined;
  readonly #stages = new Map<string, Stage>();
  readonly #reports = new Map<string, BrokerReport>();

  createCluster(spec: object = {}, name = 'orders'): void {
    this.kube.store(
      {
        apiVersion: 'chronik.stream/v1alpha1',
        kind: 'ChronikCluster',
        metadata: { name, namespace: 'default' },
        spec: structuredClone({ ...SPEC, ...spec }),
      },
      undefined,
    );
  }

  get cluster(): ChronikCluster {
    return this.kube.find('ChronikCluster', 'orders') as unknown as ChronikCluster;
  }

  /** The boot plan as a broker reads it. */
  get bootPlan(): Fields {
    return this.#planOf('orders');
  }

  editSpec(change: (spec: Fields) => void): void {
    this.kube.edit('ChronikCluster', 'orders', (cluster) => change(cluster['spec'] as Fields));
  }

  condition(type: string): { status: string; reason: string; message: string } | undefined {
    return this.cluster.status?.conditions?.find((condition) => condition.type === type);
  }

  eventReasons(): readonly string[] {
    return this.kube.all('Event').map((event) => String(event['reason']));
  }

  /** One round of the operator; what the API server refuses for the moment is left to the next. */
  reconcile(name = 'orders'): Promise<Reconciled> {
    const { kube } = this;
    const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const clock = {
      nowMs: () => this.nowMs,
      monotonicMs: () => this.nowMs,
      sleep: () => Promise.resolve(),
      random: () => 0.5,
    };
    const probe = (podIP: string): Promise<BrokerReport | undefined> => Promise.resolve(this.#reports.get(podIP));
    const plan = { brokerImage: 'chronik:1' };
    // As the operator writes, through what asks whether it leads.
    const api = new GatedApi(
      kube,
      () => true,
      () => undefined,
    );
    return reconcile({ api, cache: kube, probe, plan, clock, log: silent }, 'default', name);
  }

  /** Operator and world take turns until neither has anything to do. */
  async settle(limit = 60): Promise<void> {
    for (let quiet = 0, round = 0; quiet < 4; round += 1) {
      if (round > limit) throw new Error(`not settled: ${JSON.stringify(this.cluster?.status?.conditions)}`);
      const before = this.kube.writes.length;
      await this.reconcile();
      const moved = this.step();
      quiet = this.kube.writes.length === before && !moved ? quiet + 1 : 0;
    }
  }

  /** One step of everybody else; true if something moved. */
  step(): boolean {
    this.nowMs += 1_000;
    this.kube.nowMs = this.nowMs;
    const before = JSON.stringify([...this.kube.objects.values()]);
    for (const set of this.kube.all('StatefulSet')) this.#statefulSet(set);
    for (const pod of this.kube.all('Pod')) this.#kubelet(pod);
    return JSON.stringify([...this.kube.objects.values()]) !== before;
  }

  deleteCluster(): void {
    const found = this.kube.find('ChronikCluster', 'orders');
    if (found !== undefined) this.kube.remove(found);
  }

  deletePodAndClaim(): void {
    for (const [kind, name] of [
      ['PersistentVolumeClaim', 'data-orders-0'],
      ['Pod', 'orders-0'],
    ] as const) {
      const found = this.kube.find(kind, name);
      if (found !== undefined) this.kube.remove(found);
    }
  }

  /** The pod is replaced; its claim is the old one, but somebody has emptied the volume. */
  emptyInPlace(): void {
    const uid = this.kube.find('PersistentVolumeClaim', 'data-orders-0')?.metadata.uid ?? '';
    this.filled.delete(uid);
    this.#emptied.set(uid, (this.#emptied.get(uid) ?? 0) + 1);
    const pod = this.kube.find('Pod', 'orders-0');
    if (pod !== undefined) this.kube.remove(pod);
  }

  /** What prepare calls an empty volume: it lies on the volume, so that emptying changes it. */
  volumeId(): string {
    const uid = this.kube.find('PersistentVolumeClaim', 'data-orders-0')?.metadata.uid ?? '';
    return `${uid}-${this.#emptied.get(uid) ?? 0}`;
  }

  get finalized(): boolean {
    return this.cluster?.metadata.finalizers?.includes(FINALIZER) === true;
  }

  #planOf(cluster: string): Fields {
    const data = this.kube.fieldOf('ConfigMap', `${cluster}-boot`, 'data');
    return JSON.parse(String(data['plan.json'])) as Fields;
  }

  #statefulSet(set: Stored): void {
    const spec = set['spec'] as Fields & {
      replicas: number;
      template: { metadata: object; spec: object };
      volumeClaimTemplates: readonly [{ metadata: object; spec: object }];
    };
    const { name, namespace, uid, generation } = set.metadata;
    if ((set['status'] as Fields | undefined)?.['observedGeneration'] !== generation) {
      this.kube.edit('StatefulSet', name, (object) => (object['status'] = { observedGeneration: generation }));
    }
    for (let ordinal = 0; ordinal < Math.max(spec.replicas, 1); ordinal += 1) {
      const podName = `${name}-${ordinal}`;
      const pod = this.kube.find('Pod', podName);
      if (ordinal >= spec.replicas) {
        if (pod !== undefined) this.kube.remove(pod);
        continue;
      }
      const claimName = `data-${podName}`;
      const [template] = spec.volumeClaimTemplates;
      if (this.kube.find('PersistentVolumeClaim', claimName) === undefined) {
        const metadata = { ...template.metadata, name: claimName, namespace };
        this.kube.store(
          { ...structuredClone(template), apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata },
          undefined,
        );
      }
      if (pod !== undefined) continue;
      const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid, controller: true };
      const metadata = { ...spec.template.metadata, name: podName, namespace, ownerReferences: [owner] };
      this.kube.store(
        { apiVersion: 'v1', kind: 'Pod', metadata, spec: structuredClone(spec.template.spec) },
        undefined,
      );
    }
  }

  #kubelet(pod: Stored): void {
    const spec = pod['spec'] as { containers: [{ image: string }] };
    const claim = this.kube.find('PersistentVolumeClaim', `data-${pod.metadata.name}`);
    if (claim === undefined) return;
    const size = (claim['spec'] as { resources: { requests: { storage: string } } }).resources.requests.storage;
    this.#set(claim, { phase: 'Bound', capacity: { storage: size } });
    const podIP = `ip-${pod.metadata.uid}`;
    if (this.cordoned && !this.#isRunning(pod)) {
      const message = '0/1 nodes are available: 1 node(s) were unschedulable.';
      const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
      this.#set(pod, { phase: 'Pending', conditions });
      return;
    }
    if (this.badImages.has(spec.containers[0].image)) {
      const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
      const status = { name: 'broker', restartCount: 0, state: { waiting } };
      this.#set(pod, { phase: 'Pending', containerStatuses: [status] });
      return;
    }
    const cluster = String(pod.metadata.labels?.['chronik.stream/cluster']);
    const prepare = this.#prepare(this.#planOf(cluster), claim.metadata.uid, podIP);
    const initContainerStatuses = [{ name: 'prepare', restartCount: 0, state: prepare }];
    if (!('terminated' in prepare)) {
      this.#set(pod, { phase: 'Pending', podIP, initContainerStatuses });
      return;
    }
    const stage = this.#advance(pod, this.#planOf(cluster), claim.metadata.uid, podIP);
    const ready = stage === 'serving' && this.held === undefined;
    this.#set(pod, {
      phase: 'Running',
      podIP,
      initContainerStatuses,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'broker', restartCount: 0, state: { running: {} } }],
    });
  }

  #isRunning(pod: Stored): boolean {
    return (pod['status'] as { phase?: string } | undefined)?.phase === 'Running';
  }

  /** The init container, once it has looked: it runs and tells why, or it has ended. */
  #prepare(
    plan: Fields,
    claimUID: string,
    podIP: string,
  ): { readonly running: object } | { readonly terminated: object } {
    const isEmpty = !this.filled.has(claimUID);
    const { onEmptyVolume, releasedVolumes = [] } = plan as {
      onEmptyVolume: string;
      releasedVolumes?: readonly string[];
    };
    const common = { version: '0.1.0', state: 'holding' };
    const store = { description: 's3://b', reachable: this.inTheWay?.reachable ?? true };
    if (this.inTheWay !== undefined) {
      const { volume, ...held } = this.inTheWay;
      this.#say(podIP, { ...common, store, volume, held });
      return { running: {} };
    }
    const { mode, activeStore } = plan as { mode: string; activeStore: string };
    if (this.primaryAway && activeStore === 'primary') {
      const held = { code: 'STORE_UNREACHABLE', message: 'no answer', remedy: 'wait' };
      this.#say(podIP, {
        ...common,
        store: { ...store, reachable: false, lastError: this.storeRefusal },
        volume: 'Initialized',
        held,
        failover: [this.copy],
      });
      return { running: {} };
    }
    if (mode === 'Promote') {
      return { terminated: { exitCode: 0, message: JSON.stringify({ volume: 'Initialized', decision: 'promote' }) } };
    }
    const volumeId = this.volumeId();
    if (isEmpty && this.lineage !== undefined && onEmptyVolume === 'Hold' && !releasedVolumes.includes(volumeId)) {
      const held = { code: 'VOLUME_HELD', message: `its id is ${volumeId}`, remedy: 'release it', volumeId };
      this.#say(podIP, { ...common, store, volume: 'Empty', held });
      return { running: {} };
    }
    const decision = !isEmpty ? 'attach' : this.lineage === undefined ? 'create' : 'restore';
    const volume = isEmpty ? 'Empty' : 'Initialized';
    return { terminated: { exitCode: 0, message: JSON.stringify({ volume, decision }) } };
  }

  #advance(pod: Stored, plan: Fields, claimUID: string, podIP: string): Stage {
    const before = this.#stages.get(pod.metadata.uid);
    const stage = before === undefined ? 'starting' : before === 'starting' ? 'restoring' : 'serving';
    this.#stages.set(pod.metadata.uid, stage);
    const refusal = this.storeRefusal;
    const told = refusal === undefined ? { reachable: true } : { reachable: false, lastError: refusal };
    const store = { description: 's3://b', ...told };
    const common = { version: '0.1.0', store };
    if (this.held !== undefined) {
      this.#say(podIP, { ...common, state: 'holding', held: this.held });
    } else if (stage !== 'serving') {
      this.#say(podIP, { ...common, state: stage });
    } else {
      this.#serve(plan, claimUID, podIP, { ...common, isNew: !this.#served.has(podIP) });
    }
    return stage;
  }

  #serve(read: Fields, claimUID: string, podIP: string, { isNew, ...common }: { readonly isNew: boolean }): void {
    if (isNew) {
      const mode = this.lineage === undefined ? 'created' : this.filled.has(claimUID) ? 'attached' : 'restored';
      this.lineage ??= 'lineage-1';
      this.filled.add(claimUID);
      const counts = { topics: 1, partitions: 2, records: 3, bytes: 4, totalMs: 5, anomalies: [] };
      const lastRestore = { mode, finishedAt: new Date(this.nowMs).toISOString(), ...counts };
      const plan = read as { mode: string; planId: string; activeStore: string };
      if (plan.mode === 'Promote' && !this.promoted.includes(plan.planId)) this.promoted.push(plan.planId);
      const timeline = `000000000${1 + this.promoted.length}-aaaaaaaa`;
      const activeStore = read['storeAssumed'] === true ? this.runsOn : plan.activeStore;
      const ids = { lineage: this.lineage, timeline, metadataEpoch: 1, activeStore };
      this.#served.set(podIP, { ...common, state: 'serving', ...ids, lastRestore });
    }
    const stores = this.replication;
    const replication = stores === undefined ? {} : { replication: { managedBy: 'chronik', stores } };
    const served = this.#served.get(podIP) as { activeStore: string; store: object };
    const away = this.primaryAway && served.activeStore === 'primary';
    const lastError = this.storeRefusal;
    const store = away ? { store: { ...served.store, reachable: false, lastError }, failover: [this.copy] } : {};
    this.#say(podIP, { ...served, ...replication, ...store });
  }

  #say(podIP: string, document: object): void {
    const report = parseReport(document);
    if (report === undefined) throw new Error('the fake broker speaks another language');
    this.#reports.set(podIP, report);
  }

  #set(object: Stored, status: object): void {
    if (JSON.stringify(object['status']) === JSON.stringify(status)) return;
    this.kube.edit(object.kind, object.metadata.name, (copy) => (copy['status'] = status));
  }
}
