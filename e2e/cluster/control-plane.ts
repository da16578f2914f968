import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ApiClient } from './api-client.ts';
import type { Access } from './api-client.ts';
import { Program, until } from './processes.ts';
import { LOOPBACK } from './site.ts';
import type { Site } from './site.ts';

/** A real etcd, kube-apiserver and kube-controller-manager; on loopback it needs no rights, and where there are nodes also a scheduler. */
export class ControlPlane {
  readonly folder: string;
  readonly api: ApiClient;
  readonly kubeconfig: string;
  readonly #programs: readonly Program[];

  private constructor(folder: string, access: Access, programs: readonly Program[]) {
    this.folder = folder;
    this.api = new ApiClient(access);
    this.kubeconfig = writeKubeconfig(join(folder, 'admin.kubeconfig'), access);
    this.#programs = programs;
  }

  /** Builds the programs if need be (minutes), starts them in `folder`, and resolves once they are ready. */
  static async start(folder: string, site: Site = LOOPBACK): Promise<ControlPlane> {
    const bin = kubernetesPrograms();
    const logs = join(folder, 'log');
    for (const path of [logs, join(folder, 'etcd'), join(folder, 'certs')]) mkdirSync(path, { recursive: true });
    const [etcdPort = 0, peerPort = 0, apiPort = 0, managerPort = 0, schedulerPort = 0] = await freePorts(5);
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    const run = (name: string, args: readonly string[]): Program =>
      new Program(name, join(logs, `${name}.log`), site.enter([join(bin, name), ...args]));
    const etcd = run('etcd', [
      '--name=test',
      `--data-dir=${join(folder, 'etcd')}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=test=${peerUrl}`,
    ]);
    const { publicKey, privateKey } = writeServiceAccountKeys(folder);
    const token = randomBytes(16).toString('hex');
    const tokens = writeTokens(folder, token, site);
    const apiServer = run('kube-apiserver', [
      `--etcd-servers=${etcdUrl}`,
      `--bind-address=${site.address}`,
      `--secure-port=${apiPort}`,
      `--cert-dir=${join(folder, 'certs')}`,
      `--token-auth-file=${tokens}`,
      `--service-cluster-ip-range=${site.services}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${publicKey}`,
      `--service-account-signing-key-file=${privateKey}`,
      '--profiling=false',
      ...apiServerFlags(site),
    ]);
    const certificate = join(folder, 'certs/apiserver.crt');
    await until('the certificate of kube-apiserver', 60, () => (existsSync(certificate) ? true : undefined));
    const server = `https://${site.address}:${apiPort}`;
    const access = { server, authority: readFileSync(certificate, 'utf8'), token };
    const client = new ApiClient(access);
    try {
      await until('kube-apiserver', 120, async () => (await client.call('GET', '/readyz')).status === 200 || undefined);
    } catch (error) {
      throw new Error(`${String(error)}\n${apiServer.tail()}`, { cause: error });
    }
    const manager = run('kube-controller-manager', [
      `--kubeconfig=${writeKubeconfig(join(folder, 'manager.kubeconfig'), access)}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${managerPort}`,
      `--cert-dir=${join(folder, 'certs-manager')}`,
      '--leader-elect=false',
      ...(site.nodes === undefined
        ? // Nobody plays the nodes' heartbeats here.
          ['--controllers=*,-node-lifecycle-controller,-pod-garbage-collector-controller']
        : ['--node-monitor-grace-period=20s', '--pvclaimbinder-sync-period=2s']),
      `--service-account-private-key-file=${privateKey}`,
      `--root-ca-file=${certificate}`,
      '--profiling=false',
    ]);
    const account = '/api/v1/namespaces/default/serviceaccounts/default';
    await until('kube-controller-manager', 60, () => client.find(account));
    if (site.nodes === undefined) return new ControlPlane(folder, access, [manager, apiServer, etcd]);
    const scheduler = run('kube-scheduler', [
      `--kubeconfig=${writeKubeconfig(join(folder, 'scheduler.kubeconfig'), access)}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${schedulerPort}`,
      `--cert-dir=${join(folder, 'certs-scheduler')}`,
      '--leader-elect=false',
    ]);
    return new ControlPlane(folder, access, [scheduler, manager, apiServer, etcd]);
  }

  async stop(): Promise<void> {
    for (const program of this.#programs) await program.stop('SIGTERM', 5_000);
  }
}

/** Builds them if need be, and answers where they lie. */
export function kubernetesPrograms(): string {
  return execFileSync(join(import.meta.dirname, 'build'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

function writeTokens(folder: string, admin: string, { nodes }: Site): string {
  const path = join(folder, 'tokens.csv');
  const kubelets = [...(nodes?.tokens ?? [])].map(
    ([node, token]) => `${token},system:node:${node},${node},system:nodes`,
  );
  writeFileSync(path, `${[`${admin},admin,admin,system:masters`, ...kubelets].join('\n')}\n`, { mode: 0o600 });
  return path;
}

function apiServerFlags({ address, nodes }: Site): readonly string[] {
  const owners = 'OwnerReferencesPermissionEnforcement';
  if (nodes === undefined) {
    return ['--authorization-mode=RBAC', `--enable-admission-plugins=${owners}`, '--endpoint-reconciler-type=none'];
  }
  const { certificate, key } = nodes.kubeletClient;
  return [
    '--authorization-mode=Node,RBAC',
    `--enable-admission-plugins=${owners},NodeRestriction`,
    `--advertise-address=${address}`,
    `--kubelet-client-certificate=${certificate}`,
    `--kubelet-client-key=${key}`,
    // Nodes have no names outside.
    '--kubelet-preferred-address-types=InternalIP',
  ];
}

export function writeKubeconfig(path: string, { server, authority, token }: Access): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') },
      },
    ],
    users: [{ name: 'me', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'me' } }],
    'current-context': 'test',
  };
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

function writeServiceAccountKeys(folder: string): { readonly publicKey: string; readonly privateKey: string } {
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const [publicKey, privateKey] = [join(folder, 'accounts.pub'), join(folder, 'accounts.key')];
  writeFileSync(publicKey, keys.publicKey);
  writeFileSync(privateKey, keys.privateKey, { mode: 0o600 });
  return { publicKey, privateKey };
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
        ),
    ),
  );
  for (const server of servers) server.close();
  return ports;
}
