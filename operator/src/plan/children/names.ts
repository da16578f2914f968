import { GROUP, KIND, VERSION } from '../../api/index.ts';
import type { ChronikCluster, ObjectMeta } from '../../api/index.ts';

/** Names of a cluster's children; the name of a cluster has at most 40 characters, so these are DNS labels. */
export const names = {
  statefulSet: (cluster: string) => cluster,
  /** The headless service behind the brokers' own names. */
  brokers: (cluster: string) => `${cluster}-brokers`,
  /** Where clients begin. */
  bootstrap: (cluster: string) => `${cluster}-bootstrap`,
  serviceAccount: (cluster: string) => `${cluster}-broker`,
  settings: (cluster: string) => `${cluster}-settings`,
  boot: (cluster: string) => `${cluster}-boot`,
  disruptionBudget: (cluster: string) => cluster,
  networkPolicy: (cluster: string) => cluster,
  pod: (cluster: string, ordinal: number) => `${cluster}-${ordinal}`,
  claimOf: (pod: string) => `data-${pod}`,
} as const;

export const CLUSTER_LABEL = `${GROUP}/cluster`;

/** Labels that select a cluster's brokers; they never change. */
export function selectorLabels(cluster: string): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': 'chronik', [CLUSTER_LABEL]: cluster };
}

export function labels(cluster: string): Readonly<Record<string, string>> {
  return {
    ...selectorLabels(cluster),
    'app.kubernetes.io/instance': cluster,
    'app.kubernetes.io/managed-by': 'chronik-operator',
  };
}

/** Metadata of a child: it goes when the cluster goes. */
export function childMeta(cluster: ChronikCluster, name: string): ObjectMeta {
  const { namespace, uid, name: owner } = cluster.metadata;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: labels(owner),
    ownerReferences: [
      {
        apiVersion: `${GROUP}/${VERSION}`,
        kind: KIND,
        name: owner,
        uid: uid ?? '',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}
