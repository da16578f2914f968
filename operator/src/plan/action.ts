import type { ClusterStatus } from '../api/index.ts';
import type { KubeObject } from './kube-object.ts';

/** An event; its name is made from what it tells, so that telling it twice is one event. */
export interface EventSpec {
  readonly name: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/**
 * One write. What destroys something carries its evidence, which is looked at again on the API server before it is done:
 * an action whose evidence no longer holds is dropped.
 */
export type Action =
  | { readonly kind: 'addFinalizer'; readonly resourceVersion: string }
  | { readonly kind: 'removeFinalizer'; readonly resourceVersion: string; readonly why: string }
  /** Server-side apply with our field manager. */
  | { readonly kind: 'apply'; readonly object: KubeObject; readonly why: string }
  /** The boot plan: written only over the version that the decision was made on, `undefined` = over nothing, and only while the cluster is as it was then. */
  | {
      readonly kind: 'writePlan';
      readonly object: KubeObject;
      readonly resourceVersion: string | undefined;
      /** A promotion: no broker of before may be left. */
      readonly evidence?: { readonly noPodsOf: string };
      readonly why: string;
    }
  /** Tells a pod that waits that the boot plan has changed. */
  | {
      readonly kind: 'announcePlan';
      readonly pod: string;
      readonly plan: string;
      readonly evidence: { readonly podUID: string };
    }
  /** Deletes a pod so that its StatefulSet makes it anew from the current template. Its claim stays. */
  | {
      readonly kind: 'replacePod';
      readonly pod: string;
      readonly evidence: { readonly podUID: string; readonly hash: string | undefined; readonly wantedHash: string };
      readonly why: string;
    }
  /** Ends a pod that is about to end, sooner. The kubelet still confirms it. */
  | {
      readonly kind: 'hurryPod';
      readonly pod: string;
      readonly graceSeconds: number;
      readonly evidence: { readonly podUID: string };
    }
  | {
      readonly kind: 'expandClaim';
      readonly claim: string;
      readonly storageClass: string | undefined;
      readonly evidence: { readonly claimUID: string; readonly from: string };
      readonly to: string;
    }
  | { readonly kind: 'recordEvent'; readonly event: EventSpec }
  | { readonly kind: 'writeStatus'; readonly status: ClusterStatus; readonly resourceVersion: string };

/** What to do now, and when to look again if nothing tells of a change. */
export interface Plan {
  readonly actions: readonly Action[];
  readonly status: ClusterStatus;
  readonly lookAgainMs: number;
}
