/** Where the programs of a control plane run, and which addresses they give out. */
export interface Site {
  /** The address on which they listen. */
  readonly address: string;
  /** Range of the services' addresses. */
  readonly services: string;
  /** The command that runs `command` there. */
  readonly enter: (command: readonly string[]) => readonly string[];
  /** Set where nodes run containers. */
  readonly nodes?: {
    /** Certificate and key, PEM files, by which the API server proves to a kubelet who it is: for logs, exec and proxy. */
    readonly kubeletClient: { readonly certificate: string; readonly key: string };
    /** Names of nodes, each with the token of its kubelet. */
    readonly tokens: ReadonlyMap<string, string>;
  };
}

/** This machine's loopback: needs no rights, and runs no pods. */
export const LOOPBACK: Site = {
  address: '127.0.0.1',
  services: '10.96.0.0/16',
  enter: (command) => command,
};
