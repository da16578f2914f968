import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { at } from './api-client.ts';
import type { ApiClient, KubeObject } from './api-client.ts';
import { Program, pause } from './processes.ts';

/** Where the brokers of this node listen: an address of their own on loopback, so that the operator reaches them as it would a pod. */
const POD_IP = '127.0.0.77';
const NODE = 'pretended';

interface RunningPod {
  readonly uid: string;
  readonly broker: Program;
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

  constructor(api: ApiClient, folder: string, launcher: string) {
    this.#api = api;
    this.#folder = folder;
    this.#launcher = launcher;
  }

  async start(): Promise<void> {
    await this.#api.must('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
    for (const { broker } of this.#running.values()) await broker.stop('SIGKILL');
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
    for (const [uid, { broker }] of this.#running) {
      if (seen.has(uid)) continue;
      await broker.stop('SIGKILL');
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
      if (running !== undefined) await running.broker.stop(this.killNext ? 'SIGKILL' : 'SIGTERM');
      this.#running.delete(uid);
      await this.#api.call('DELETE', path, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        preconditions: { uid },
      });
      return;
    }
    if (Array.isArray(at(pod, 'spec.schedulingGates'))) return;
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
      this.#running.set(uid, { uid, broker: await this.#launch(pod) });
      await this.#tell(path, 'False', { running: { startedAt: new Date().toISOString() } });
      return;
    }
    const ready = running.broker.running && (await isReady()) ? 'True' : 'False';
    const state = running.broker.running
      ? { running: { startedAt: at(pod, 'status.startTime') ?? new Date().toISOString() } }
      : { terminated: { exitCode: 1, reason: 'Error', message: running.broker.tail() } };
    const said = at(pod, 'status.conditions.0.status');
    const alive = at(pod, 'status.containerStatuses.0.state.running') !== undefined;
    if (said !== ready || alive !== running.broker.running) await this.#tell(path, ready, state);
  }

  async #tell(path: string, ready: 'True' | 'False', state: object): Promise<void> {
    await this.#api.merge(`${path}/status`, {
      status: {
        phase: 'Running',
        podIP: POD_IP,
        podIPs: [{ ip: POD_IP }],
        startTime: new Date().toISOString(),
        conditions: [{ type: 'Ready', status: ready, lastTransitionTime: new Date().toISOString() }],
        containerStatuses: [
          { name: 'broker', image: 'x', imageID: 'x', ready: ready === 'True', restartCount: 0, state },
        ],
      },
    });
  }

  /** The environment as the pod spec says it, with the paths of this machine. */
  async #launch(pod: KubeObject): Promise<Program> {
    const { name, namespace = 'default' } = pod.metadata;
    const base = `/api/v1/namespaces/${namespace}`;
    const environment: Record<string, string> = {};
    for (const source of at(pod, 'spec.containers.0.envFrom') as readonly object[]) {
      const map = await this.#api.must('GET', `${base}/configmaps/${String(at(source, 'configMapRef.name'))}`);
      Object.assign(environment, map['data']);
    }
    const claim = await this.#api.must('GET', `${base}/persistentvolumeclaims/data-${name}`);
    const volume = join(this.#folder, 'volumes', claim.metadata.uid);
    mkdirSync(volume, { recursive: true });
    const plan = join(this.#folder, `${claim.metadata.uid}.plan.json`);
    const boot = await this.#api.must(
      'GET',
      `${base}/configmaps/${String(pod.metadata.labels?.['chronik.stream/cluster'])}-boot`,
    );
    writeFileSync(plan, String((boot['data'] as Readonly<Record<string, string>>)['plan.json']));
    const labels = pod.metadata.labels ?? {};
    return new Program(name, join(this.#folder, 'log', `${name}.log`), [this.#launcher, 'standalone'], {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...environment,
      CHRONIK_BROKER_ID: labels['apps.kubernetes.io/pod-index'] ?? '0',
      CHRONIK_DATA_DIR: volume,
      CHRONIK_BOOT_PLAN: plan,
      CHRONIK_LISTEN_HOST: POD_IP,
      CHRONIK_HTTP_LISTEN_HOST: POD_IP,
      CHRONIK_ADVERTISED_ADDR: POD_IP,
      LOCAL_STORAGE_PATH: join(this.#folder, 'bucket'),
    });
  }

  /** A claim that is gone takes its data with it. */
  async #forgetVolumes(): Promise<void> {
    const { items = [] } = await this.#api.must('GET', '/api/v1/persistentvolumeclaims');
    const kept = new Set(items.map(({ metadata }) => metadata.uid));
    mkdirSync(join(this.#folder, 'volumes'), { recursive: true });
    for (const uid of readdirSync(join(this.#folder, 'volumes'))) {
      if (!kept.has(uid)) rmSync(join(this.#folder, 'volumes', uid), { recursive: true, force: true });
    }
  }
}

export const POD_ADDRESS = POD_IP;

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
