import type { Connection, Listener, Timer, Transport } from '../edge/index.ts';
import { type ConnectionContext, KafkaConnection } from './kafka-connection.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** `max.connections` */
  readonly maxConnections: number;
  /** `connections.max.idle.ms` */
  readonly maxIdleMs: number;
}

/** Idle connections are looked for so often, or more often if they may be idle for less. */
const IDLE_CHECK_MS = 10_000;

/** The Kafka listener and its connections. */
export class KafkaServer {
  readonly #transport: Transport;
  readonly #options: ServerOptions;
  readonly #context: ConnectionContext;
  readonly #connections = new Set<KafkaConnection>();
  #listener: Listener | undefined;
  #idleTimer: Timer | undefined;
  #nextId = 1;
  #noneLeft: () => void = () => undefined;

  constructor(transport: Transport, options: ServerOptions, context: ConnectionContext) {
    this.#transport = transport;
    this.#options = options;
    this.#context = context;
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Binds; resolves with the port. Rejects with the transport's error (PORT_IN_USE and others). */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    const listener = await this.#transport.listen(host, port, (connection) => this.#accept(connection));
    this.#listener = listener;
    this.#watchIdle();
    return listener.port;
  }

  /** Takes no more connections; those that are open go on. */
  async stopListening(): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }

  /** Ends all connections, after what is answered has been sent; those that are still open after `graceMs`, at once. */
  async endConnections(graceMs: number): Promise<void> {
    this.#idleTimer?.cancel();
    for (const connection of this.#connections) connection.end();
    if (this.#connections.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#noneLeft = resolve;
    const timer = this.#context.clock.setTimer(graceMs, resolve);
    await promise;
    timer.cancel();
    this.destroyConnections();
  }

  /** Ends all connections at once. */
  destroyConnections(): void {
    this.#idleTimer?.cancel();
    for (const connection of this.#connections) connection.destroy();
  }

  #accept(connection: Connection): void {
    const { counters, logger } = this.#context;
    if (this.#connections.size >= this.#options.maxConnections) {
      counters.connectionsRefused++;
      logger.warn('Connection refused: too many are open', {
        remote: connection.remote,
        maxConnections: this.#options.maxConnections,
      });
      connection.destroy();
      return;
    }
    counters.connectionsOpened++;
    const accepted = new KafkaConnection(this.#nextId++, connection, this.#context, (ended) => this.#ended(ended));
    this.#connections.add(accepted);
  }

  #ended(connection: KafkaConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#noneLeft();
  }

  /** One timer for all connections. */
  #watchIdle(): void {
    const { clock, counters } = this.#context;
    const { maxIdleMs } = this.#options;
    this.#idleTimer = clock.setTimer(Math.min(IDLE_CHECK_MS, maxIdleMs), () => {
      const nowMs = clock.monotonicMs();
      for (const connection of this.#connections) {
        if (!connection.isIdle(nowMs, maxIdleMs)) continue;
        counters.connectionsIdledOut++;
        connection.destroy();
      }
      this.#watchIdle();
    });
  }
}
