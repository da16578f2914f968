/** A broker that runs for a measurement. */
export interface RunningPeer {
  readonly name: string;
  /** host:port */
  readonly bootstrap: string;
  /** Where its metrics are, if it is ours. */
  readonly httpUrl?: string;
  readonly pid: number;
  /** SIGTERM, and until the process is gone; then everything lies where the next start finds it. */
  stop(): Promise<void>;
  /** SIGKILL, and until the process is gone. */
  kill(): Promise<void>;
}

/** A broker under test: how it is started over one directory. */
export interface Peer {
  /** As the tables name it. */
  readonly name: string;
  /** What its acknowledgement of acks=1 and acks=all means here; shown beside the figures. */
  readonly guarantee: string;
  /** Starts over what earlier runs left in `directory`; resolves when the process was started, not when it serves. */
  launch(directory: string): Promise<RunningPeer>;
  /** Removes what a machine that was lost would take with it; undefined if then nothing would be left. */
  readonly loseDisk: ((directory: string) => Promise<void>) | undefined;
}
