import type { ReplicaReport } from '../replication/index.ts';
import type { PatientStore } from '../store/index.ts';

/** What /status says of one replica store. */
export function replicaDocument(
  name: string,
  store: PatientStore,
  report: ReplicaReport,
  nowMs: number,
): Record<string, unknown> {
  const { reachable, lastError } = store.storeState();
  const { state, lag, metadata, streams, problems, heldBackBy, holes, copiedObjects, copiedBytes } = report;
  const known = {
    ...(lag === undefined
      ? {}
      : {
          lag: { seconds: Math.max(0, nowMs - lag.sinceMs) / 1000, objects: lag.objects, bytes: lag.bytes },
          upTo: new Date(lag.sinceMs).toISOString(),
        }),
    ...(metadata === undefined ? {} : { position: { metadata, streams } }),
  };
  return {
    name,
    description: store.description,
    reachable,
    ...(lastError === undefined ? {} : { lastError: { code: lastError.code, message: lastError.message } }),
    state,
    inSync: state === 'in sync',
    ...known,
    heldBackBy,
    holes,
    copiedObjects,
    copiedBytes,
    problems,
  };
}
