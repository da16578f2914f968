import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../api-client.ts';
import { buildImages } from '../images.ts';
import { OneNode } from '../one-node.ts';

/** The cluster that the scenarios run on, whoever started it. */
export interface Kubernetes {
  readonly api: ApiClient;
  readonly kubeconfig: string;
  /** The node, if it is ours; undefined on a cluster that was there before. */
  readonly own: OneNode | undefined;
  readonly folder: string;
  /** `keep`: leave the folder with the logs. */
  stop(keep: boolean): Promise<void>;
}

/** That of KUBECONFIG, or else one of our own with all images in it. */
export function startKubernetes(): Promise<Kubernetes> {
  const { KUBECONFIG = '' } = process.env;
  return KUBECONFIG === '' ? startOwn() : useGiven(KUBECONFIG);
}

export async function startOwn(): Promise<Kubernetes> {
  const images = await buildImages();
  const folder = mkdtempSync(join(tmpdir(), 'chronik-node-'));
  const own = await OneNode.start(folder, images);
  return {
    api: own.plane.api,
    kubeconfig: own.plane.kubeconfig,
    own,
    folder,
    stop: async (keep) => {
      await own.stop();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** kubectl knows every way to prove who one is, so it stands between. Images have to be on its nodes already. */
async function useGiven(kubeconfig: string): Promise<Kubernetes> {
  const folder = mkdtempSync(join(tmpdir(), 'chronik-suite-'));
  const bin = execFileSync(join(import.meta.dirname, '../tools'), { encoding: 'utf8' }).trim();
  const proxy = spawn(join(bin, 'kubectl'), ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(proxy.stdout, 'data')) as [Buffer];
  const address = /127\.0\.0\.1:\d+/.exec(said.toString('utf8'))?.[0];
  if (address === undefined) throw new Error(`kubectl proxy says ${said.toString('utf8')}`);
  return {
    api: new ApiClient({ server: `http://${address}`, authority: '', token: '' }),
    kubeconfig,
    own: undefined,
    folder,
    stop: () => {
      proxy.kill();
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Ctrl-C takes it down in order, once: whoever presses it again must not interrupt that. */
export function stopOnSignals(kube: Kubernetes): void {
  let stopping: Promise<void> | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopping ??= kube.stop(false).then(() => process.exit(130));
    });
  }
}
