/** One byte-stream connection. Callbacks are set once, before the first await of whoever got it. */
export interface Connection {
  /** `host:port` of the other side, for logs. */
  readonly remote: string;
  onData: (chunk: Buffer) => void;
  /** Called once, when the connection is over for whatever reason. */
  onClose: (error?: Error) => void;
  /** Called when buffered writes have gone below the low-water mark after `write` returned false. */
  onDrain: () => void;
  /** Queues the chunks in order without copying; false = the caller should pause until onDrain. */
  write(chunks: readonly Uint8Array[]): boolean;
  /** Bytes queued and not yet taken by the kernel. */
  readonly bufferedBytes: number;
  /** Stops (or resumes) the delivery of data. */
  pause(): void;
  resume(): void;
  /** Ends at once; nothing more is delivered but onClose. */
  destroy(): void;
  /** Ends after what was written has been sent. */
  end(): void;
}

export interface Listener {
  /** The port that is bound (of use when 0 was asked for). */
  readonly port: number;
  /** Stops accepting; open connections stay. */
  close(): Promise<void>;
}

/** The network as the core sees it. */
export interface Transport {
  /** Rejects with a ChronikError (PORT_IN_USE, ADDRESS_NOT_AVAILABLE, PORT_FORBIDDEN) naming host and port. */
  listen(host: string, port: number, onConnection: (connection: Connection) => void): Promise<Listener>;
  connect(host: string, port: number): Promise<Connection>;
}
