import { ChronikError } from '../../src/edge/index.ts';
import type { Connection, Listener, Transport } from '../../src/edge/index.ts';
import type { Scheduler } from './scheduler.ts';
import { SimConnection } from './sim-connection.ts';
import type { SimRandom } from './sim-random.ts';
import type { VirtualProcess } from './virtual-process.ts';

const CONNECT_TIMEOUT_MS = 10_000;

type Accept = (connection: Connection) => void;

/**
 * The network between processes: delays, chunks cut at random places, back-pressure, cut paths, resets. A host name means
 * the process that took it last (a replaced pod gets its predecessor's name), while connections that are open stay with
 * the process they were made to.
 */
export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #random: SimRandom;
  readonly #names = new Map<string, VirtualProcess>();
  readonly #listeners = new Map<string, { readonly process: VirtualProcess; readonly accept: Accept }>();
  readonly #connections = new Set<SimConnection>();
  readonly #cut = new Set<string>();
  /** Mean one-way delay. */
  meanDelayMs = 0.4;
  /** Probability that received bytes arrive in several pieces. */
  splitProbability = 0.15;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#random = scheduler.random.fork('network');
  }

  /** The network as one process sees it. `hostName` is the name under which others find it from now on. */
  transportFor(process: VirtualProcess, hostName?: string): Transport {
    if (hostName !== undefined) this.#names.set(hostName, process);
    return {
      listen: (host, port, onConnection) => this.#listen(process, host, port, onConnection),
      connect: (host, port) => this.#connect(process, host, port),
    };
  }

  /** Ends the connections of a process that died; `silent`: its machine is gone too, so that nobody is told. */
  processEnded(process: VirtualProcess, silent: boolean): void {
    for (const [key, listener] of this.#listeners) if (listener.process === process) this.#listeners.delete(key);
    for (const connection of this.#connections) {
      if (connection.process !== process) continue;
      this.forget(connection);
      if (!silent) this.tell(connection, () => connection.peer.breakDown('the process at the other end has died'));
    }
  }

  /** Resets each connection of a process with the given probability. */
  resetConnections(process: VirtualProcess, probability: number): void {
    for (const connection of this.#connections) {
      if (connection.process !== process || !this.#random.chance(probability)) continue;
      connection.breakDown('the network reset the connection');
      connection.peer.breakDown('the network reset the connection');
    }
  }

  /** Nothing passes between the host and anybody until `mend`. */
  cut(process: VirtualProcess): void {
    this.#cut.add(process.name);
    this.#scheduler.note(`network: ${process.name} is cut off`);
  }

  mend(process: VirtualProcess): void {
    if (!this.#cut.delete(process.name)) return;
    this.#scheduler.note(`network: ${process.name} is back`);
    for (const connection of this.#connections) {
      connection.transmitSoon();
      if (connection.peer.closed || !connection.peer.process.alive) connection.breakDown('the other side is gone');
    }
  }

  mendAll(): void {
    this.#cut.clear();
    for (const connection of this.#connections) {
      connection.transmitSoon();
      if (connection.peer.closed || !connection.peer.process.alive) connection.breakDown('the other side is gone');
    }
  }

  isCut(connection: SimConnection): boolean {
    return this.#cut.has(connection.process.name) || this.#cut.has(connection.peer.process.name);
  }

  /** Runs `action` after one network delay, whatever becomes of the sender meanwhile. */
  after(_connection: SimConnection, action: () => void): void {
    this.#scheduler.schedule(this.#delayMs(), action);
  }

  /** Like `after`, but lost while the path is cut. */
  tell(connection: SimConnection, action: () => void): void {
    this.#scheduler.schedule(this.#delayMs(), () => {
      if (!this.isCut(connection)) action();
    });
  }

  /** The pieces in which bytes arrive. */
  split(bytes: Buffer): Buffer[] {
    if (bytes.length < 2 || !this.#random.chance(this.splitProbability)) return [bytes];
    const at = this.#random.integer(1, bytes.length - 1);
    return [bytes.subarray(0, at), bytes.subarray(at)];
  }

  forget(connection: SimConnection): void {
    this.#connections.delete(connection);
  }

  #delayMs(): number {
    return 0.05 + this.#random.exponential(this.meanDelayMs);
  }

  #listen(process: VirtualProcess, host: string, port: number, accept: Accept): Promise<Listener> {
    const key = `${process.name}:${port}`;
    return new Promise((resolve, reject) => {
      process.schedule(0, () => {
        if (this.#listeners.has(key)) {
          reject(new ChronikError('PORT_IN_USE', `Cannot listen on ${host}:${port}: the port is in use`));
          return;
        }
        this.#listeners.set(key, { process, accept });
        resolve({
          port,
          close: () => {
            this.#listeners.delete(key);
            return Promise.resolve();
          },
        });
      });
    });
  }

  #connect(client: VirtualProcess, host: string, port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const refuse = (delayMs: number, why: string): void =>
        client.schedule(delayMs, () =>
          reject(new ChronikError('CONNECT_FAILED', `Cannot connect to ${host}:${port}: ${why}`)),
        );
      this.#scheduler.schedule(this.#delayMs(), () => {
        const server = this.#names.get(host);
        if (server === undefined) return refuse(0, 'no such host');
        if (this.#cut.has(server.name) || this.#cut.has(client.name)) return refuse(CONNECT_TIMEOUT_MS, 'timed out');
        const listener = this.#listeners.get(`${server.name}:${port}`);
        if (listener === undefined || !server.alive) return refuse(this.#delayMs(), 'connection refused');
        const near = new SimConnection(this, client, `${host}:${port}`);
        const far = new SimConnection(this, server, `${client.host}:${this.#random.integer(32_768, 60_999)}`);
        SimConnection.join(near, far);
        this.#connections.add(near);
        this.#connections.add(far);
        server.schedule(0, () => listener.accept(far));
        client.schedule(this.#delayMs(), () => resolve(near));
      });
    });
  }
}
