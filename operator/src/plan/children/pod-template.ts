import { HTTP_PORT } from '../../api/index.ts';
import type { ChronikCluster } from '../../api/index.ts';
import { hashOf } from '../canonical.ts';
import type { PlanOptions } from '../observed.ts';
import { BOOT_PATH } from './boot-plan.ts';
import { labels, names, selectorLabels } from './names.ts';
import { DATA_PATH, GRACE_PERIOD_SECONDS, TERMINATION_LOG, listenerOf, settingsOf } from './settings.ts';
import { secretVariables, storeVolumes } from './stores.ts';

/** On pods: the template and the settings that they were made from. */
export const POD_HASH_ANNOTATION = 'chronik.stream/pod-hash';
/** On pods that wait: the boot plan that they were told of. A change of it makes the kubelet renew the mounted plan at once. */
export const PLAN_ANNOTATION = 'chronik.stream/boot-plan';
export const CONTAINER = 'broker';
/** Decides before the broker starts, and stays as long as something is in the way. */
export const PREPARE_CONTAINER = 'prepare';

/** User and group of the image. */
const BROKER_USER = 65_532;

export interface PodTemplate {
  readonly hash: string;
  readonly template: object;
}

/** The pods' template, with the hash of it and of the settings. */
export function podTemplate(cluster: ChronikCluster, options: PlanOptions): PodTemplate {
  const spec = podSpec(cluster, options);
  const hash = hashOf({ spec, settings: settingsOf(cluster) });
  return {
    hash,
    template: {
      metadata: { labels: podLabels(cluster), annotations: { [POD_HASH_ANNOTATION]: hash } },
      spec,
    },
  };
}

function podLabels({ metadata, spec }: ChronikCluster): Readonly<Record<string, string>> {
  const { azure, credentials } = spec.objectStore;
  const usesEntra = azure !== undefined && credentials?.workloadIdentity !== undefined;
  // Microsoft's webhook gives only pods with it the token and its variables; the other providers ask the ServiceAccount alone.
  return { ...labels(metadata.name), ...(usesEntra ? { 'azure.workload.identity/use': 'true' } : {}) };
}

function podSpec(cluster: ChronikCluster, options: PlanOptions): object {
  const { spec, metadata } = cluster;
  const { nodeSelector, tolerations, affinity, priorityClassName } = spec.scheduling ?? {};
  return {
    serviceAccountName: names.serviceAccount(metadata.name),
    // Brokers do not talk to the Kubernetes API.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: GRACE_PERIOD_SECONDS,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: BROKER_USER,
      runAsGroup: BROKER_USER,
      fsGroup: BROKER_USER,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(spec.imagePullSecrets === undefined ? {} : { imagePullSecrets: spec.imagePullSecrets }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(affinity === undefined ? {} : { affinity }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selectorLabels(metadata.name) },
      },
    ],
    initContainers: [prepareContainer(cluster, options)],
    containers: [brokerContainer(cluster, options)],
    volumes: [
      { name: 'tmp', emptyDir: {} },
      { name: 'boot', configMap: { name: names.boot(metadata.name) } },
      ...storeVolumes(cluster.spec).map(({ volume }) => volume),
    ],
  };
}

/** What both containers have: the same program sees the same volume, store and plan. */
function common(cluster: ChronikCluster, options: PlanOptions): object {
  const { spec, metadata } = cluster;
  const { name } = metadata;
  const listener = listenerOf(spec);
  const address = `$(POD_NAME).${names.brokers(name)}.${metadata.namespace ?? 'default'}.svc:${listener.port}`;
  return {
    image: spec.image ?? options.brokerImage,
    ...(spec.imagePullPolicy === undefined ? {} : { imagePullPolicy: spec.imagePullPolicy }),
    envFrom: [{ configMapRef: { name: names.settings(name) } }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      {
        name: 'CHRONIK_BROKER_ID',
        valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" } },
      },
      { name: 'CHRONIK_ADVERTISED_ADDR', value: address },
      ...secretVariables(spec),
      ...(spec.env ?? []),
    ],
    ...(spec.resources === undefined ? {} : { resources: spec.resources }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    terminationMessagePath: TERMINATION_LOG,
    // A refusal ends the process with its code and remedy on standard error; the operator reads them from here.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'data', mountPath: DATA_PATH },
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'boot', mountPath: BOOT_PATH, readOnly: true },
      ...storeVolumes(cluster.spec).map(({ mount }) => mount),
    ],
  };
}

function prepareContainer(cluster: ChronikCluster, options: PlanOptions): object {
  return { name: PREPARE_CONTAINER, ...common(cluster, options), args: ['prepare'] };
}

function brokerContainer(cluster: ChronikCluster, options: PlanOptions): object {
  const listener = listenerOf(cluster.spec);
  return {
    name: CONTAINER,
    ...common(cluster, options),
    args: ['standalone'],
    ports: [
      { name: listener.name, containerPort: listener.port, protocol: 'TCP' },
      { name: 'http', containerPort: HTTP_PORT, protocol: 'TCP' },
    ],
    // /healthz answers from the first moment and stays well while a broker restores or holds.
    startupProbe: probe('/healthz', { periodSeconds: 1, failureThreshold: 60 }),
    livenessProbe: probe('/healthz', { periodSeconds: 10, failureThreshold: 6 }),
    readinessProbe: probe('/readyz', { periodSeconds: 1, failureThreshold: 3 }),
  };
}

function probe(path: string, times: { readonly periodSeconds: number; readonly failureThreshold: number }): object {
  return { httpGet: { path, port: 'http', scheme: 'HTTP' }, timeoutSeconds: 5, ...times };
}
