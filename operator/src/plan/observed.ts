import type { ChronikCluster } from '../api/index.ts';
import type { BrokerReport } from './broker-report.ts';
import type { Claim, KubeObject, Pod } from './kube-object.ts';

/** An action that the API server refused for good; it is told in the status until it succeeds. */
export interface Failure {
  readonly action: string;
  readonly reason: 'Forbidden' | 'Invalid' | 'ExpansionRefused' | 'ApiError';
  /** The API server's own words. */
  readonly message: string;
}

/** Everything that the plan knows of the world. */
export interface Observed {
  readonly cluster: ChronikCluster;
  /** Objects in the cluster's namespace that carry its labels, of the kinds that the operator makes. */
  readonly children: readonly KubeObject[];
  readonly pods: readonly Pod[];
  readonly claims: readonly Claim[];
  /** By pod name; a broker that did not answer is not in it. */
  readonly reports: ReadonlyMap<string, BrokerReport>;
  readonly failure?: Failure;
}

/** What the operator itself contributes. */
export interface PlanOptions {
  /** Image of the brokers where the spec names none. */
  readonly brokerImage: string;
}
