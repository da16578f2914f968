import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerProcess } from './broker-process.ts';

/** What /status says of one replica store. */
export interface ReplicaStatus {
  readonly name: string;
  readonly reachable: boolean;
  readonly state: string;
  readonly lag?: { readonly seconds: number; readonly objects: number; readonly bytes: number };
  readonly copiedObjects: number;
  readonly copiedBytes: number;
  readonly problems: readonly { readonly code: string }[];
}

export async function replicaStatus(broker: BrokerProcess, name: string): Promise<ReplicaStatus> {
  const { replication } = (await broker.status()) as { replication?: { readonly stores: readonly ReplicaStatus[] } };
  const found = replication?.stores.find((store) => store.name === name);
  if (found === undefined) throw new Error(`the status tells nothing of a replica "${name}"`);
  return found;
}

/** Asks again and again until the answer is yes. */
export async function until(what: string, isSo: () => Promise<boolean>, patienceMs = 120_000): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${patienceMs / 1000} s`);
    await sleep(100);
  }
}
