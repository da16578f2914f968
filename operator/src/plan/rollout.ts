import type { Action } from './action.ts';
import { serves } from './assessment.ts';
import type { BrokerNode } from './broker-node.ts';
import { POD_HASH_ANNOTATION } from './children/pod-template.ts';
import type { StatefulSet } from './kube-object.ts';

export function runningHash({ pod }: BrokerNode): string | undefined {
  return pod?.metadata.annotations?.[POD_HASH_ANNOTATION];
}

/** Brokers whose pods were made from an older template or older settings. */
export function outdatedNodes(nodes: readonly BrokerNode[], wantedHash: string): readonly BrokerNode[] {
  return nodes.filter((node) => node.pod !== undefined && runningHash(node) !== wantedHash);
}

/**
 * The one broker to replace now, if any. A broker that is up is replaced only while all others serve and while it is not
 * restoring itself; one that is broken may be the very reason for the change, and goes at once.
 */
export function nextReplacement(
  nodes: readonly BrokerNode[],
  wantedHash: string,
  found: StatefulSet | undefined,
): Extract<Action, { readonly kind: 'replacePod' }> | undefined {
  // A pod deleted before the StatefulSet's controller has seen the new template would come back as it was.
  if (found === undefined || found.status?.observedGeneration !== found.metadata.generation) return undefined;
  if (found.spec.template?.metadata?.annotations?.[POD_HASH_ANNOTATION] !== wantedHash) return undefined;
  if (nodes.some(({ assessment }) => assessment.kind === 'stopping')) return undefined;
  const outdated = outdatedNodes(nodes, wantedHash);
  const node = outdated.find(isBroken) ?? outdated.find((candidate) => mayGo(candidate, nodes));
  if (node?.pod?.metadata.uid === undefined) return undefined;
  return {
    kind: 'replacePod',
    pod: node.name,
    evidence: { podUID: node.pod.metadata.uid, hash: runningHash(node), wantedHash },
    why: isBroken(node) ? `it does not work: ${node.assessment.kind}` : 'its template is older',
  };
}

function isBroken({ assessment: { kind } }: BrokerNode): boolean {
  return kind === 'crashing' || kind === 'blocked' || kind === 'holding';
}

function mayGo(node: BrokerNode, nodes: readonly BrokerNode[]): boolean {
  return serves(node.assessment) && nodes.every((other) => other === node || serves(other.assessment));
}
