import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ControlPlane } from './control-plane.ts';
import { Machine } from './machine.ts';
import { Node } from './node.ts';

const NAME = 'node-1';

/** A whole Kubernetes of one node on a machine inside this one; stopping it leaves no trace but the folder. */
export class OneNode {
  readonly machine: Machine;
  readonly plane: ControlPlane;
  readonly node: Node;

  private constructor(machine: Machine, plane: ControlPlane, node: Node) {
    this.machine = machine;
    this.plane = plane;
    this.node = node;
  }

  /** `images` are archives, the pause image among them. Needs root and what `e2e/cluster/packages` installs. */
  static async start(folder: string, images: readonly string[]): Promise<OneNode> {
    execFileSync(join(import.meta.dirname, 'packages'), { stdio: ['ignore', 'inherit', 'inherit'] });
    const machine = await Machine.start(NAME);
    try {
      const token = randomBytes(16).toString('hex');
      const plane = await ControlPlane.start(folder, {
        address: machine.addresses.machine,
        services: machine.addresses.services,
        enter: machine.enter,
        nodes: { kubeletClient: makeCertificate(folder), tokens: new Map([[NAME, token]]) },
      });
      return new OneNode(machine, plane, await Node.start(machine, plane, token, images));
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }
}

/** What the API server shows to kubelets: it vouches for itself, and is known to them. */
function makeCertificate(folder: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, 'kubelet-client.crt'), join(folder, 'kubelet-client.key')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/O=system:masters/CN=api-server', '-addext', 'extendedKeyUsage=clientAuth', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, ...subject], {
    stdio: 'ignore',
  });
  return { certificate, key };
}
