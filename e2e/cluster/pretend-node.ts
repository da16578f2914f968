import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { at } from './api-client.ts';
import type { ApiClient, KubeObject } from './api-client.ts';
import { PretendVolumes } from './pretend-volumes.ts';
import { Program, pause } from './processes.ts';

/** Where the brokers of this node listen: an address of their own on loopback, so that the operator reaches them as it would a pod. */
const POD_IP = '127.0.0.77';
const NODE = 'pretended';

interface RunningPod {
  /** The init container, until it has ended; then the broker. */
  program: Program;
  /** What the init container left behind. */
  prepared: string | undefined;
}

/**
 * Plays scheduler, kubelet and volumes for the brokers of one namespace: each pod is a real `chronik` process with the
 * environment that the pod spec says; each claim is a directory that goes with its claim. Not played: images, probes as the kubelet
 * does them, networks, security contexts.
 */
export class PretendNode {
  readonly #api: ApiClient;
  readonly #folder: string;
  readonly #launcher: string;
  readonly #running = new Map<string, RunningPod>();
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();
  /** Told once a broker was ended by force, without a chance to say goodbye. */
  killNext = false;
  readonly volumes: PretendVolumes;
  /** Empties the volume of a pod that goes, as somebody with a shell might; its claim stays. */
  emptyNext = false;

  constructor(api: ApiClient, folder: string, launcher: string) {
    this.#api = api;
    this.volumes = new PretendVolumes(api);
    this.#folder = folder;
    this.#launcher = launcher;
  }

  async start(): Promise<void> {
    await this.#api.must('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
    await this.volumes.start();
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
    for (const { program } of this.#running.values()) await program.stop('SIGKILL');
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#turn();
      } catch (error) {
        // A conflict or an object that went: the next turn looks again.
        if (!this.#stopped) console.error(`      node: ${error instanceof Error ? error.message : String(error)}`);
      }
      await pause(250);
    }
  }

  async #turn(): Promise<void> {
    const { items = [] } = await this.#api.must('GET', '/api/v1/pods?labelSelector=chronik.stream/cluster');
    const seen = new Set(items.map(({ metadata }) => metadata.uid));
    for (const [uid, { program }] of this.#running) {
      if (seen.has(uid)) continue;
      await program.stop('SIGKILL');
      this.#running.delete(uid);
    }
    for (const pod of items) await this.#sync(pod);
    await this.#forgetVolumes();
  }

  async #sync(pod: KubeObject): Promise<void> {
    const { name, namespace = 'default', uid, deletionTimestamp } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const running = this.#running.get(uid);
    if (deletionTimestamp !== undefined) {
      if (running !== undefined) await running.program.stop(this.killNext ? 'SIGKILL' : 'SIGTERM');
      this.#running.delete(uid);
      if (this.emptyNext) rmSync(await this.#volumeOf(pod), { recursive: true, force: true });
      await this.#api.call('DELETE', path, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        preconditions: { uid },
      });
      return;
    }
    if (at(pod, 'spec.nodeName') === undefined) {
      const target = { apiVersion: 'v1', kind: 'Node', name: NODE };
      await this.#api.must('POST', `${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace },
        target,
      });
      return;
    }
    if (running === undefined) {
      this.#running.set(uid, { program: await this.#launch(pod, 'prepare'), prepared: undefined });
      await this.#tell(path, {}, { running: { startedAt: new Date().toISOString() } });
      return;
    }
    if (running.prepared === undefined) await this.#prepare(path, pod, running);
    else await this.#watch(path, pod, running, running.prepared);
  }

  /** As a kubelet: the mounted plan follows the ConfigMap, and an init container that failed is started again. */
  async #prepare(path: string, pod: KubeObject, running: RunningPod): Promise<void> {
    await this.#mountPlan(pod);
    if (running.program.running) return;
    const prepared = readFileSync(this.#path(pod, 'termination'), 'utf8');
    const isDone = prepared !== '' && !prepared.includes('"decision":"none"');
    running.program = await this.#launch(pod, isDone ? 'standalone' : 'prepare');
    if (!isDone) return;
    running.prepared = prepared;
    await this.#tell(path, { ready: 'False', state: { running: {} } }, ended(prepared));
  }

  async #watch(path: string, pod: KubeObject, { program }: RunningPod, prepared: string): Promise<void> {
    const ready = program.running && (await isReady()) ? 'True' : 'False';
    const state = program.running
      ? { running: { startedAt: at(pod, 'status.startTime') ?? new Date().toISOString() } }
      : { terminated: { exitCode: 1, reason: 'Error', message: program.tail() } };
    const said = at(pod, 'status.conditions.0.status');
    const alive = at(pod, 'status.containerStatuses.0.state.running') !== undefined;
    if (said !== ready || alive !== program.running) await this.#tell(path, { ready, state }, ended(prepared));
  }

  async #tell(
    path: string,
    { ready = 'False', state }: { readonly ready?: 'True' | 'False'; readonly state?: object },
    prepare: object,
  ): Promise<void> {
    const image = { image: 'x', imageID: 'x', restartCount: 0 };
    const broker = { ...image, name: 'broker', ready: ready === 'True', state };
    await this.#api.merge(`${path}/status`, {
      status: {
        phase: state === undefined ? 'Pending' : 'Running',
        podIP: POD_IP,
        podIPs: [{ ip: POD_IP }],
        startTime: new Date().toISOString(),
        conditions: [{ type: 'Ready', status: ready, lastTransitionTime: new Date().toISOString() }],
        initContainerStatuses: [{ ...image, name: 'prepare', ready: 'terminated' in prepare, state: prepare }],
        containerStatuses: state === undefined ? [] : [broker],
      },
    });
  }

  #path(pod: KubeObject, kind: 'plan' | 'termination'): string {
    return join(this.#folder, `${pod.metadata.uid}.${kind}`);
  }

  async #mountPlan(pod: KubeObject): Promise<void> {
    const { namespace = 'default', labels = {} } = pod.metadata;
    const map = `${String(labels['chronik.stream/cluster'])}-boot`;
    const boot = await this.#api.must('GET', `/api/v1/namespaces/${namespace}/configmaps/${map}`);
    const plan = this.#path(pod, 'plan');
    writeFileSync(`${plan}.new`, (boot['data'] as Readonly<Record<string, string>>)['plan.json'] ?? '');
    renameSync(`${plan}.new`, plan);
  }

  /** The environment as the pod spec says it, with the paths of this machine. */
  async #launch(pod: KubeObject, verb: 'prepare' | 'standalone'): Promise<Program> {
    const { name, namespace = 'default' } = pod.metadata;
    const base = `/api/v1/namespaces/${namespace}`;
    const environment: Record<string, string> = {};
    for (const source of at(pod, 'spec.containers.0.envFrom') as readonly object[]) {
      const map = await this.#api.must('GET', `${base}/configmaps/${String(at(source, 'configMapRef.name'))}`);
      Object.assign(environment, map['data']);
    }
    const volume = await this.#volumeOf(pod);
    mkdirSync(volume, { recursive: true });
    await this.#mountPlan(pod);
    writeFileSync(this.#path(pod, 'termination'), '');
    const labels = pod.metadata.labels ?? {};
    return new Program(name, join(this.#folder, 'log', `${name}.log`), [this.#launcher, verb], {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...environment,
      CHRONIK_BROKER_ID: labels['apps.kubernetes.io/pod-index'] ?? '0',
      CHRONIK_DATA_DIR: volume,
      CHRONIK_BOOT_PLAN: this.#path(pod, 'plan'),
      CHRONIK_TERMINATION_LOG: this.#path(pod, 'termination'),
      CHRONIK_LISTEN_HOST: POD_IP,
      CHRONIK_HTTP_LISTEN_HOST: POD_IP,
      CHRONIK_ADVERTISED_ADDR: POD_IP,
      LOCAL_STORAGE_PATH: join(this.#folder, 'bucket'),
      CHRONIK_REPLICA_EAST_LOCAL_STORAGE_PATH: join(this.#folder, 'bucket-east'),
    });
  }

  async #volumeOf({ metadata: { name, namespace = 'default' } }: KubeObject): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/data-${name}`;
    return join(this.#folder, 'volumes', (await this.#api.must('GET', path)).metadata.uid);
  }

  /** A claim that is gone takes its data with it. */
  async #forgetVolumes(): Promise<void> {
    const { items = [] } = await this.#api.must('GET', '/api/v1/persistentvolumeclaims');
    await this.volumes.turn(items);
    const kept = new Set(items.map(({ metadata }) => metadata.uid));
    mkdirSync(join(this.#folder, 'volumes'), { recursive: true });
    for (const uid of readdirSync(join(this.#folder, 'volumes'))) {
      if (!kept.has(uid)) rmSync(join(this.#folder, 'volumes', uid), { recursive: true, force: true });
    }
  }
}

export const POD_ADDRESS = POD_IP;

function ended(message: string): object {
  return { terminated: { exitCode: 0, message } };
}

function isReady(): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: POD_IP, port: 9095, path: '/readyz', timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.on('error', () => resolve(false));
    request.on('timeout', () => request.destroy());
  });
}
