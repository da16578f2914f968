import type { ChronikCluster } from '../../api/index.ts';
import type { KubeObject, StatefulSet } from '../kube-object.ts';
import { childMeta, labels, names, selectorLabels } from './names.ts';
import type { PodTemplate } from './pod-template.ts';

/**
 * The StatefulSet. OnDelete: the operator replaces pods itself, one by one and only while the others are well. Parallel: after
 * a loss of everything all brokers restore at once. Claims are retained whatever happens to it.
 */
export function statefulSet(
  cluster: ChronikCluster,
  { template }: PodTemplate,
  found: StatefulSet | undefined,
  replicas: number,
): KubeObject {
  const { spec, metadata } = cluster;
  const { storageClassName, size } = spec.storage;
  // A template of claims cannot change; claims that are there are expanded one by one.
  const claimSize = found?.spec.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage ?? size;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: childMeta(cluster, names.statefulSet(metadata.name)),
    spec: {
      replicas,
      serviceName: names.brokers(metadata.name),
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selectorLabels(metadata.name) },
      template,
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data', labels: labels(metadata.name) },
          spec: {
            accessModes: ['ReadWriteOnce'],
            ...(storageClassName === undefined ? {} : { storageClassName }),
            resources: { requests: { storage: claimSize } },
          },
        },
      ],
    },
  };
}
