import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';

/** A TCP connection to a broker for who wants to break the rules. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #receivedBytes = 0;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => (this.#receivedBytes += chunk.length));
    // A reset is one of the ways in which a broker ends a connection.
    socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Resolves with the next bytes that come; rejects if the connection ends first. */
  async answered(): Promise<void> {
    const ended = this.#closed.then(() => {
      throw new Error('the broker closed the connection');
    });
    await Promise.race([once(this.#socket, 'data'), ended]);
  }

  /** Reads nothing from now on: the bytes pile up on the other side. */
  stopReading(): void {
    this.#socket.pause();
  }

  goOnReading(): void {
    this.#socket.resume();
  }

  /** Resolves when the connection is over. */
  closed(): Promise<void> {
    return this.#closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
