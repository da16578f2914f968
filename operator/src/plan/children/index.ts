import type { ChronikCluster } from '../../api/index.ts';
import { stamped } from '../convergence.ts';
import type { KubeObject, StatefulSet } from '../kube-object.ts';
import { bootConfigMap } from './boot-plan.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { bootstrapService, brokersService, networkPolicy } from './network.ts';
import type { PodTemplate } from './pod-template.ts';
import { serviceAccount } from './service-account.ts';
import { settingsConfigMap } from './settings.ts';
import { statefulSet } from './stateful-set.ts';

/** What the brokers' pods need before they are made comes before the StatefulSet. */
export function wantedChildren(
  cluster: ChronikCluster,
  pods: PodTemplate,
  found: StatefulSet | undefined,
  { restoring, replicas }: { readonly restoring: boolean; readonly replicas: number },
): readonly KubeObject[] {
  return [
    serviceAccount(cluster),
    settingsConfigMap(cluster),
    bootConfigMap(cluster),
    brokersService(cluster),
    bootstrapService(cluster),
    networkPolicy(cluster),
    disruptionBudget(cluster, restoring),
    statefulSet(cluster, pods, found, replicas),
  ].map(stamped);
}
