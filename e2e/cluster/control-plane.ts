import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ApiClient } from './api-client.ts';
import type { Access } from './api-client.ts';
import { Program, until } from './processes.ts';

/** A real etcd, kube-apiserver and kube-controller-manager on loopback. Needs neither root nor containers; runs no pods. */
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
  static async start(folder: string): Promise<ControlPlane> {
    const bin = execFileSync(join(import.meta.dirname, 'build'), { encoding: 'utf8' }).trim();
    const logs = join(folder, 'log');
    for (const path of [logs, join(folder, 'etcd'), join(folder, 'certs')]) mkdirSync(path, { recursive: true });
    const [etcdPort = 0, peerPort = 0, apiPort = 0, managerPort = 0] = await freePorts(4);
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    const run = (name: string, args: readonly string[]): Program =>
      new Program(name, join(logs, `${name}.log`), [join(bin, name), ...args]);
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
    const tokens = join(folder, 'tokens.csv');
    writeFileSync(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
    const apiServer = run('kube-apiserver', [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${apiPort}`,
      `--cert-dir=${join(folder, 'certs')}`,
      `--token-auth-file=${tokens}`,
      '--authorization-mode=RBAC',
      '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${publicKey}`,
      `--service-account-signing-key-file=${privateKey}`,
      '--endpoint-reconciler-type=none',
      '--profiling=false',
    ]);
    const certificate = join(folder, 'certs/apiserver.crt');
    await until('the certificate of kube-apiserver', 60, () => (existsSync(certificate) ? true : undefined));
    const server = `https://127.0.0.1:${apiPort}`;
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
      // Nobody plays the nodes' heartbeats here.
      '--controllers=*,-node-lifecycle-controller,-pod-garbage-collector-controller',
      `--service-account-private-key-file=${privateKey}`,
      `--root-ca-file=${certificate}`,
      '--profiling=false',
    ]);
    const account = '/api/v1/namespaces/default/serviceaccounts/default';
    await until('kube-controller-manager', 60, () => client.find(account));
    return new ControlPlane(folder, access, [manager, apiServer, etcd]);
  }

  async stop(): Promise<void> {
    for (const program of this.#programs) await program.stop('SIGTERM', 5_000);
  }
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
