import type { Connection } from '../../src/edge/index.ts';
import type { SimNetwork } from './sim-network.ts';
import type { VirtualProcess } from './virtual-process.ts';

/** Bytes that the sender's kernel takes before `write` answers false. */
const SEND_BUFFER_BYTES = 64 * 1024;
/** Bytes that wait at a receiver which does not read, before the sender has to wait. */
const RECEIVE_WINDOW_BYTES = 256 * 1024;

/** One end of a simulated TCP connection. */
export class SimConnection implements Connection {
  readonly remote: string;
  readonly process: VirtualProcess;
  onData: (chunk: Buffer) => void = () => undefined;
  onClose: (error?: Error) => void = () => undefined;
  onDrain: () => void = () => undefined;
  readonly #network: SimNetwork;
  #peer: SimConnection | undefined;
  #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  #inbox: Buffer[] = [];
  #inboxBytes = 0;
  #transmitting = false;
  #delivering = false;
  #paused = false;
  #wantsDrain = false;
  #ending = false;
  #peerEnded = false;
  #closed = false;

  constructor(network: SimNetwork, process: VirtualProcess, remote: string) {
    this.#network = network;
    this.process = process;
    this.remote = remote;
  }

  /** Joins two ends; each belongs to its own process. */
  static join(a: SimConnection, b: SimConnection): void {
    a.#peer = b;
    b.#peer = a;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get peer(): SimConnection {
    if (this.#peer === undefined) throw new Error('The connection has no other end yet.');
    return this.#peer;
  }

  get bufferedBytes(): number {
    return this.#outgoingBytes;
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#closed || this.#ending) return false;
    for (const chunk of chunks) {
      this.#outgoing.push(chunk);
      this.#outgoingBytes += chunk.length;
    }
    this.transmitSoon();
    const ready = this.#outgoingBytes <= SEND_BUFFER_BYTES;
    if (!ready) this.#wantsDrain = true;
    return ready;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliverSoon();
  }

  end(): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    this.transmitSoon();
  }

  destroy(): void {
    if (this.#closed) return;
    this.onData = () => undefined;
    this.onDrain = () => undefined;
    this.#shut();
    this.process.schedule(0, () => this.onClose());
    this.#network.tell(this, () => this.peer.breakDown('the other side reset the connection'));
  }

  /** The connection is over from outside: reset by the peer, by the network, or because a process died. */
  breakDown(reason: string): void {
    if (this.#closed) return;
    this.#shut();
    const error = Object.assign(new Error(`Connection to ${this.remote} lost: ${reason}`), { code: 'ECONNRESET' });
    this.process.schedule(0, () => this.onClose(error));
  }

  /** Takes what was written to the other end after the network's delay, unless the path is cut or the peer is full. */
  transmitSoon(): void {
    if (this.#transmitting || this.#closed) return;
    if (this.#outgoingBytes === 0 && !this.#ending) return;
    this.#transmitting = true;
    this.#network.after(this, () => {
      this.#transmitting = false;
      this.#transmit();
    });
  }

  #transmit(): void {
    if (this.#closed || this.#network.isCut(this)) return;
    const peer = this.peer;
    if (peer.#inboxBytes >= RECEIVE_WINDOW_BYTES) return;
    // Copied only now: a writer that reuses a buffer too early sends garbage, as with a real kernel.
    for (const chunk of this.#outgoing) peer.#receive(Buffer.from(chunk));
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    if (this.#wantsDrain) {
      this.#wantsDrain = false;
      this.process.schedule(0, () => this.onDrain());
    }
    if (this.#ending) {
      peer.#peerEnded = true;
      this.#shut();
      this.process.schedule(0, () => this.onClose());
    }
    peer.#deliverSoon();
  }

  #receive(bytes: Buffer): void {
    for (const piece of this.#network.split(bytes)) this.#inbox.push(piece);
    this.#inboxBytes += bytes.length;
  }

  #deliverSoon(): void {
    if (this.#delivering || this.#paused || this.#closed) return;
    if (this.#inbox.length === 0 && !this.#peerEnded) return;
    this.#delivering = true;
    this.process.schedule(0, () => {
      this.#delivering = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#closed || this.#paused) return;
    const piece = this.#inbox.shift();
    if (piece === undefined) {
      if (!this.#peerEnded) return;
      this.#shut();
      this.onClose();
      return;
    }
    const wasFull = this.#inboxBytes >= RECEIVE_WINDOW_BYTES;
    this.#inboxBytes -= piece.length;
    this.onData(piece);
    if (wasFull && this.#inboxBytes < RECEIVE_WINDOW_BYTES) this.peer.transmitSoon();
    this.#deliverSoon();
  }

  #shut(): void {
    this.#closed = true;
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#network.forget(this);
  }
}
