import { ChronikError, type Connection, type Listener, type Transport } from '../../src/edge/index.ts';

/** One end of a connection in memory. Bytes are copied: what a client sends again is not what the broker has kept. */
class MemoryConnection implements Connection {
  readonly remote: string;
  onData: (chunk: Buffer) => void = () => undefined;
  onClose: (error?: Error) => void = () => undefined;
  onDrain: () => void = () => undefined;
  readonly bufferedBytes = 0;
  peer: MemoryConnection | undefined;
  #paused = false;
  #inbox: Buffer[] = [];
  #scheduled = false;
  #peerEnded = false;
  #closed = false;

  constructor(remote: string) {
    this.remote = remote;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    this.peer?.receive(Buffer.concat(chunks));
    return true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#close();
    this.peer?.hangUp();
  }

  end(): void {
    this.peer?.hangUp();
  }

  receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#inbox.push(chunk);
    this.#schedule();
  }

  hangUp(): void {
    this.#peerEnded = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (!this.#paused && !this.#closed) {
        const chunk = this.#inbox.shift();
        if (chunk === undefined) break;
        this.onData(chunk);
      }
      if (this.#peerEnded && this.#inbox.length === 0) this.destroy();
    });
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    setImmediate(() => this.onClose());
  }
}

/** A network of one process: listeners by port, connections in memory. */
export class MemoryTransport implements Transport {
  readonly #listeners = new Map<number, (connection: Connection) => void>();
  #nextPort = 20_000;

  listen(_host: string, port: number, onConnection: (connection: Connection) => void): Promise<Listener> {
    const bound = port === 0 ? this.#nextPort++ : port;
    this.#listeners.set(bound, onConnection);
    return Promise.resolve({
      port: bound,
      close: () => {
        this.#listeners.delete(bound);
        return Promise.resolve();
      },
    });
  }

  connect(_host: string, port: number): Promise<Connection> {
    const accept = this.#listeners.get(port);
    if (accept === undefined) {
      return Promise.reject(new ChronikError('CONNECTION_REFUSED', `nobody listens on ${port}`));
    }
    const client = new MemoryConnection(`10.0.0.1:${port}`);
    const server = new MemoryConnection('10.0.0.2:40000');
    client.peer = server;
    server.peer = client;
    accept(server);
    return Promise.resolve(client);
  }
}
