/** What the broker counts beside the network; plain numbers, exported by whoever serves metrics. */
export interface BrokerCounters {
  producedBatches: number;
  producedBytes: number;
  duplicateBatches: number;
  refusedBatches: number;
  produceTimeouts: number;
  fetches: number;
  fetchedBytes: number;
  coldFetches: number;
  /** Fetches that could not be served because the store was away. */
  storeTimeouts: number;
  /** Batches that were lost or damaged when a client asked for them. */
  damagedReads: number;
}

export function newBrokerCounters(): BrokerCounters {
  return {
    producedBatches: 0,
    producedBytes: 0,
    duplicateBatches: 0,
    refusedBatches: 0,
    produceTimeouts: 0,
    fetches: 0,
    fetchedBytes: 0,
    coldFetches: 0,
    storeTimeouts: 0,
    damagedReads: 0,
  };
}
