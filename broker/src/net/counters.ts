/** What the network side counts; plain numbers, exported by whoever serves metrics. */
export interface NetCounters {
  connectionsOpened: number;
  connectionsClosed: number;
  connectionsRefused: number;
  connectionsIdledOut: number;
  /** Connections ended because of bytes that are no request, or a request that could not be answered. */
  connectionsBroken: number;
  requests: number;
  receivedBytes: number;
  sentBytes: number;
  /** Times a producer's connection was stopped for lack of room. */
  producersHeldBack: number;
}

export function newNetCounters(): NetCounters {
  return {
    connectionsOpened: 0,
    connectionsClosed: 0,
    connectionsRefused: 0,
    connectionsIdledOut: 0,
    connectionsBroken: 0,
    requests: 0,
    receivedBytes: 0,
    sentBytes: 0,
    producersHeldBack: 0,
  };
}
