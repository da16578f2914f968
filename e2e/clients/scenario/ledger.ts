import type { OffsetRange, Offsets } from '../model/client.ts';
import type { StoredRecord } from '../observer/read-topic.ts';

/** What was done with success before the disk was lost, and must therefore be there afterwards. */
export class Ledger {
  readonly partitions = new Map<string, number>();
  readonly configs = new Map<string, ReadonlyMap<string, string>>();
  readonly offsets = new Map<string, ReadonlyMap<number, OffsetRange>>();
  readonly committed = new Map<string, Offsets>();
  readonly deletedTopics = new Set<string>();
  readonly deletedGroups = new Set<string>();
}

/** What belongs to the cluster rather than to one client. */
export interface ClusterLedger {
  readonly clusterId: string;
  readonly brokerId: number;
  /** Every record of the topic that all clients write to, as it was before the disk was lost. */
  readonly exchanged: readonly StoredRecord[];
}
