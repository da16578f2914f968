import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cgroup } from './cgroup.ts';

/** Addresses of one machine, all of them out of one range that nothing else on this computer uses. */
export interface Addresses {
  /** This computer's end of the cable. */
  readonly host: string;
  /** The machine's end. */
  readonly machine: string;
  readonly pods: string;
  readonly podGateway: string;
  readonly services: string;
  readonly dns: string;
}

/**
 * A machine inside this one: processes, mounts and network of its own, reached over a virtual cable. Whatever happens there, be it
 * mounts, firewall rules or containers, ends with its first process, and that one ends with us, even if we are killed.
 */
export class Machine {
  readonly name: string;
  readonly addresses: Addresses;
  readonly cgroup: Cgroup;
  readonly #first: ChildProcess;
  readonly #pid: number;

  private constructor(name: string, first: ChildProcess, pid: number, addresses: Addresses) {
    this.name = name;
    this.addresses = addresses;
    this.cgroup = new Cgroup(`chronik-${process.pid}`);
    this.#first = first;
    this.#pid = pid;
  }

  /** Needs root. Rejects with what is missing. */
  static async start(name: string): Promise<Machine> {
    if (process.getuid?.() !== 0) throw new Error('a node that runs containers needs root, for namespaces and mounts');
    Cgroup.removeAbandoned();
    const spaces = ['--mount', '--net', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
    const script = join(import.meta.dirname, 'machine.sh');
    const first = spawn('unshare', [...spaces, 'bash', script, name], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Ctrl-C is for us: we take it down in order.
      detached: true,
    });
    const ended = once(first, 'exit').then(() => {
      throw new Error('the machine ended before it was up: this system may not allow namespaces');
    });
    await Promise.race([once(first.stdout, 'data'), ended]);
    ended.catch(() => undefined);
    const machine = new Machine(name, first, childOf(first.pid ?? 0), claimAddresses());
    machine.#connect();
    machine.cgroup.create();
    return machine;
  }

  /** The command that runs `command` on the machine. */
  readonly enter = (command: readonly string[]): readonly string[] =>
    ['nsenter', '--target', String(this.#pid), '--mount', '--net', '--pid', '--ipc', '--uts', '--'].concat(command);

  /** Runs a command there to its end and answers its output. */
  run(...command: readonly string[]): string {
    const [program = '', ...args] = this.enter(command);
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
  }

  /** Ends every process of the machine at once; mounts, network and rules go with them. */
  async stop(): Promise<void> {
    if (this.#first.exitCode === null && this.#first.signalCode === null) {
      const ended = once(this.#first, 'exit');
      this.#first.stdin?.end();
      await ended;
    }
    this.cgroup.remove();
  }

  #connect(): void {
    const { host, machine, pods, services } = this.addresses;
    const cable = `chronik${process.pid}`.slice(0, 15);
    const ip = (...args: readonly string[]): unknown => execFileSync('ip', args);
    ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.#pid));
    ip('address', 'add', `${host}/30`, 'dev', cable);
    ip('link', 'set', cable, 'up');
    this.run('ip', 'address', 'add', `${machine}/30`, 'dev', 'eth0');
    this.run('ip', 'link', 'set', 'eth0', 'up');
    this.run('ip', 'route', 'add', 'default', 'via', host);
    for (const range of [pods, services]) ip('route', 'add', range, 'via', machine);
    // The claim: these routes stand for it now, and go with the cable.
    ip('route', 'delete', 'unreachable', rangeOf(host));
  }
}

/** The child of `unshare` is the machine's first process. */
function childOf(parent: number): number {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || !existsSync(`/proc/${entry}/stat`)) continue;
    // The name of a program may hold spaces and parentheses.
    const [, ppid] = readFileSync(`/proc/${entry}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (Number(ppid) === parent) return Number(entry);
  }
  throw new Error('the first process of the machine cannot be found');
}

/** A range that nobody else has, not even a machine that starts at the same moment: of two equal routes only the first can be added. */
function claimAddresses(): Addresses {
  const taken = execFileSync('ip', ['-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' });
  for (let second = 213; second < 255; second += 1) {
    const prefix = `10.${second}`;
    const host = `${prefix}.0.1`;
    if (taken.includes(` ${prefix}.`) || taken.includes(`\n${prefix}.`)) continue;
    const claim = spawnSync('ip', ['route', 'add', 'unreachable', rangeOf(host)], { encoding: 'utf8' });
    if (claim.stderr.includes('File exists')) continue;
    if (claim.status !== 0) throw new Error(`ip route add: ${claim.stderr}`);
    return {
      host,
      machine: `${prefix}.0.2`,
      pods: `${prefix}.64.0/18`,
      podGateway: `${prefix}.64.1`,
      services: `${prefix}.128.0/18`,
      dns: `${prefix}.128.10`,
    };
  }
  throw new Error('no free range of addresses between 10.213.0.0 and 10.254.255.255: look at `ip route`');
}

/** Everything of a machine, by its host's address. */
function rangeOf(host: string): string {
  return host.replace(/\.1$/, '.0/16');
}
