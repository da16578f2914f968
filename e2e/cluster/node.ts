import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { at } from './api-client.ts';
import { kubernetesPrograms, writeKubeconfig } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Machine } from './machine.ts';
import { writeNodeFiles } from './node-config.ts';
import type { NodeFiles } from './node-config.ts';
import { Program, until } from './processes.ts';

const PROVISIONER = 'chronik.stream/directories';
/** As long as kubelet and containerd take on a busy machine. */
const READY_SECONDS = 120;

/** A real node: containerd, kubelet, kube-proxy, CoreDNS and a provisioner of volumes, on a machine of its own. */
export class Node {
  readonly #machine: Machine;
  readonly #plane: ControlPlane;
  readonly #folder: string;
  readonly #files: NodeFiles;

  private constructor(machine: Machine, plane: ControlPlane, folder: string, files: NodeFiles) {
    this.#machine = machine;
    this.#plane = plane;
    this.#folder = folder;
    this.#files = files;
  }

  /** Resolves once pods can run. `token` is its kubelet's; `images` are archives to begin with, the pause image among them. */
  static async start(machine: Machine, plane: ControlPlane, token: string, images: readonly string[]): Promise<Node> {
    const folder = join(plane.folder, machine.name);
    mkdirSync(folder);
    const files = writeNodeFiles({
      folder,
      name: machine.name,
      addresses: machine.addresses,
      cgroup: machine.cgroup.name,
      kubeconfig: plane.kubeconfig,
      kubeletClients: join(plane.folder, 'kubelet-client.crt'),
    });
    const node = new Node(machine, plane, folder, files);
    await node.#startContainerd();
    for (const image of images) node.load(image);
    node.#startKubelet(token);
    await node.#startAddons();
    await node.#whenReady();
    return node;
  }

  /** Brings an image, as `docker load` would. */
  load(archive: string): void {
    if (!statSync(archive).isFile()) throw new Error(`${archive} is no archive`);
    this.containers('images', 'import', archive);
  }

  /** A second name for an image. */
  tag(from: string, to: string): void {
    this.containers('images', 'tag', '--force', from, to);
  }

  /** `ctr` on this node, among the containers of Kubernetes. */
  containers(...args: readonly string[]): string {
    return this.#machine.run('ctr', '--address', this.#files.socket, '--namespace', 'k8s.io', ...args);
  }

  #run(name: string, ...command: readonly string[]): Program {
    return new Program(name, join(this.#plane.folder, 'log', `${name}.log`), this.#machine.enter(command));
  }

  async #startContainerd(): Promise<void> {
    const program = this.#run('containerd', 'containerd', '--config', this.#files.containerd);
    await until('containerd', 60, () => {
      if (!program.running) throw new Error(program.tail());
      return this.containers('version');
    });
  }

  #startKubelet(token: string): void {
    const { name, addresses } = this.#machine;
    const kubeconfig = writeKubeconfig(join(this.#folder, 'kubelet.kubeconfig'), { ...this.#plane.api.access, token });
    this.#run(
      'kubelet',
      join(kubernetesPrograms(), 'kubelet'),
      `--config=${this.#files.kubelet}`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${join(this.#folder, 'kubelet')}`,
      `--cert-dir=${join(this.#folder, 'kubelet/pki')}`,
      `--hostname-override=${name}`,
      `--node-ip=${addresses.machine}`,
    );
    this.#run('kube-proxy', join(kubernetesPrograms(), 'kube-proxy'), `--config=${this.#files.proxy}`);
  }

  async #startAddons(): Promise<void> {
    const bin = addonPrograms();
    const volumes = join(this.#folder, 'volumes');
    mkdirSync(volumes);
    this.#run('coredns', join(bin, 'coredns'), '-conf', this.#files.corefile);
    this.#run('provisioner', join(bin, 'provisioner'), `--kubeconfig=${this.#plane.kubeconfig}`, `--root=${volumes}`);
    for (const [path, object] of this.#objects()) await this.#plane.api.must('POST', path, object);
  }

  /** The default StorageClass, and the service behind which pods find CoreDNS, which is no pod here. */
  #objects(): readonly (readonly [path: string, object: object])[] {
    const { machine, dns } = this.#machine.addresses;
    const names = '/api/v1/namespaces/kube-system';
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ];
    return [
      [
        '/apis/storage.k8s.io/v1/storageclasses',
        {
          apiVersion: 'storage.k8s.io/v1',
          kind: 'StorageClass',
          metadata: { name: 'directories', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
          provisioner: PROVISIONER,
          volumeBindingMode: 'WaitForFirstConsumer',
          reclaimPolicy: 'Delete',
        },
      ],
      [
        `${names}/services`,
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'kube-dns' },
          spec: { clusterIP: dns, ports },
        },
      ],
      [
        '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices',
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: 'kube-dns', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
          addressType: 'IPv4',
          endpoints: [{ addresses: [machine], conditions: { ready: true } }],
          ports,
        },
      ],
    ];
  }

  async #whenReady(): Promise<void> {
    const path = `/api/v1/nodes/${this.#machine.name}`;
    await until(`node ${this.#machine.name} is Ready`, READY_SECONDS, async () => {
      const conditions = (at(await this.#plane.api.find(path), 'status.conditions') ?? []) as readonly object[];
      return conditions.some((one) => at(one, 'type') === 'Ready' && at(one, 'status') === 'True') || undefined;
    });
  }
}

/** CoreDNS, provisioner and pause: builds them if need be, and answers where they lie. */
export function addonPrograms(): string {
  const build = join(import.meta.dirname, 'build');
  return execFileSync(build, ['addons'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
