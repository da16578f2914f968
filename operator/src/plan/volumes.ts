import type { ClusterSpec } from '../api/index.ts';
import type { Action } from './action.ts';
import { isGated } from './assessment.ts';
import type { BrokerNode } from './broker-node.ts';
import { quantityValue } from './quantity.ts';

/** Pods that wait for a decision which has been made. */
export function releases(nodes: readonly BrokerNode[]): readonly Action[] {
  return nodes.flatMap(({ name, pod, claim, volume }): readonly Action[] => {
    const podUID = pod?.metadata.uid;
    const claimUID = claim?.metadata.uid;
    if (pod === undefined || podUID === undefined || claimUID === undefined || !isGated(pod)) return [];
    if (volume === 'none' || volume === 'held') return [];
    return [{ kind: 'releasePod', pod: name, evidence: { podUID, claimUID } }];
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
    return [{ kind: 'expandClaim', claim: claim.metadata.name, evidence: { claimUID: uid, from }, to: size }];
  });
}
