import { GROUP, KIND, VERSION } from '../api/index.ts';
import type { ChronikCluster } from '../api/index.ts';
import { CLUSTER_LABEL, isPreparing } from '../plan/index.ts';
import type { BrokerReport, Claim, Failure, KubeObject, Observed, Pod } from '../plan/index.ts';
import { CHILD_TYPES, types } from './resource-type.ts';
import type { ResourceType } from './resource-type.ts';

/** What informers have seen so far. */
export interface CacheReader {
  get(type: ResourceType, namespace: string, name: string): KubeObject | undefined;
  /** Objects of a namespace with this label. */
  labelled(type: ResourceType, namespace: string, label: string, value: string): readonly KubeObject[];
}

/** Asks a broker for its /status; undefined if it does not answer. */
export type BrokerProbe = (podIP: string) => Promise<BrokerReport | undefined>;

/** Everything about one cluster; undefined if it is not there. Only the brokers are asked, the rest comes from caches. */
export async function observe(
  cache: CacheReader,
  probe: BrokerProbe,
  namespace: string,
  name: string,
  failure?: Failure,
): Promise<Observed | undefined> {
  const found = cache.get(types.cluster, namespace, name);
  if (found === undefined) return undefined;
  // Objects of watches and lists may lack what they are.
  const cluster = { ...found, apiVersion: `${GROUP}/${VERSION}`, kind: KIND } as unknown as ChronikCluster;
  const labelled = (type: ResourceType): readonly KubeObject[] => cache.labelled(type, namespace, CLUSTER_LABEL, name);
  const pods = labelled(types.pod) as readonly Pod[];
  return {
    cluster,
    children: CHILD_TYPES.flatMap((type) => labelled(type)),
    pods,
    claims: labelled(types.claim) as readonly Claim[],
    reports: await askAll(pods, probe),
    ...(failure === undefined ? {} : { failure }),
  };
}

async function askAll(pods: readonly Pod[], probe: BrokerProbe): Promise<ReadonlyMap<string, BrokerReport>> {
  const answers = await Promise.all(
    pods.map(async (pod) => {
      const { metadata, status } = pod;
      const podIP = status?.podIP;
      const isAsked = status?.phase === 'Running' || isPreparing(pod);
      const asked = podIP === undefined || podIP === '' || !isAsked ? undefined : await probe(podIP);
      return [metadata.name, asked] as const;
    }),
  );
  return new Map(answers.filter((answer): answer is readonly [string, BrokerReport] => answer[1] !== undefined));
}
