import type { Socket } from 'node:net';
import type { Connection } from './transport.ts';

/** A TCP socket as a Connection. */
export class SystemConnection implements Connection {
  readonly remote: string;
  onData: (chunk: Buffer) => void = () => undefined;
  onClose: (error?: Error) => void = () => undefined;
  onDrain: () => void = () => undefined;
  readonly #socket: Socket;
  #corked = false;
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remote = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => this.onClose(this.#error));
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (!socket.writable) return false;
    this.#corkUntilNextTick();
    let ready = true;
    for (const chunk of chunks) ready = socket.write(chunk);
    return ready;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.onData = () => undefined;
    this.onDrain = () => undefined;
    this.#socket.destroy();
  }

  end(): void {
    this.#socket.end();
  }

  /** One writev for everything that one event answers: the replies of a whole read go out in one system call. */
  #corkUntilNextTick(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }
}
