import type { ChronikCluster } from '../api/index.ts';

const PRIMARY_STORE = 'primary';

/** Name of the store that the cluster runs on. */
export function activeStoreOf({ status }: ChronikCluster): string {
  return status?.activeStore ?? PRIMARY_STORE;
}

/** Names of the others, which hold copies: after a failover the store that was left is one of them. */
export function standbyStoresOf(cluster: ChronikCluster): readonly string[] {
  const active = activeStoreOf(cluster);
  const all = [PRIMARY_STORE, ...(cluster.spec.replicaStores ?? []).map(({ name }) => name)];
  return all.filter((name) => name !== active);
}
