import type { ClusterSpec } from '../api/index.ts';
import type { Action } from './action.ts';
import type { BrokerNode } from './broker-node.ts';
import { PLAN_ANNOTATION } from './children/pod-template.ts';
import { quantityValue } from './quantity.ts';

/**
 * Pods that hold although the plan has changed since they were told of it: the kubelet renews what it has mounted once a minute, and
 * at once when the pod changes.
 */
export function announcements(nodes: readonly BrokerNode[], plan: string): readonly Action[] {
  return nodes.flatMap(({ name, pod, assessment }): readonly Action[] => {
    const podUID = pod?.metadata.uid;
    if (podUID === undefined || assessment.kind !== 'holding') return [];
    if (pod?.metadata.annotations?.[PLAN_ANNOTATION] === plan) return [];
    return [{ kind: 'announcePlan', pod: name, plan, evidence: { podUID } }];
  });
}

/** Claims that are smaller than specified. Only bound ones can grow. */
export function expansions(nodes: readonly BrokerNode[], { size }: ClusterSpec['storage']): readonly Action[] {
  return nodes.flatMap(({ claim }): readonly Action[] => {
    const uid = claim?.metadata.uid;
    const from = claim?.spec.resources?.requests?.storage;
    if (claim === undefined || uid === undefined || from === undefined || claim.status?.phase !== 'Bound') return [];
    if (claim.metadata.deletionTimestamp !== undefined) return [];
    if ((quantityValue(from) ?? 0) >= (quantityValue(size) ?? 0)) return [];
    const storageClass = claim.spec.storageClassName;
    const evidence = { claimUID: uid, from };
    return [{ kind: 'expandClaim', claim: claim.metadata.name, storageClass, evidence, to: size }];
  });
}
