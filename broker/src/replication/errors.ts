import { ChronikError } from '../edge/index.ts';

/** Something else has the name in the replica. It stays: what recovery may trust is never overwritten (P6). */
export class ReplicaConflictError extends ChronikError {
  constructor(key: string, replica: string) {
    super('REPLICA_CONFLICT', `${key} in ${replica} is not the object that the bucket has under this name`, {
      remedy:
        'Find out who wrote to the replica, and move the object away; copying of this part goes on by itself. If the replica was in use as a cluster of its own, give replication an empty store instead.',
      details: { key, replica },
    });
  }
}

/** The replica is no place to copy to; nothing is written until that changes. */
export class ReplicaRefusedError extends ChronikError {
  constructor(code: 'REPLICA_FOREIGN' | 'REPLICA_PROMOTED' | 'REPLICA_EMPTIED', message: string, remedy: string) {
    super(code, message, { remedy });
  }
}

export function promoted(replica: string, timeline: string): ReplicaRefusedError {
  return new ReplicaRefusedError(
    'REPLICA_PROMOTED',
    `${replica} has timeline ${timeline}, which this bucket does not know: it was promoted, and is ahead`,
    'Nothing of this bucket counts there any more. Stop this broker, and start it on the promoted store; the old one can then be its replica.',
  );
}

/** The replica's trouble, of whatever kind, never ends the broker. */
export function asReplicationError(error: unknown): ChronikError {
  if (error instanceof ChronikError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ChronikError('REPLICATION_FAILED', `replication ended with: ${message}`, {
    remedy: 'It begins anew by itself. If it stays so, see the cause in the log and report it.',
    cause: error,
  });
}

/** Slots that were committed are missing in the bucket itself. */
export class SourceGapError extends ChronikError {
  constructor(key: string) {
    super('REPLICATION_SOURCE_GAP', `${key} is missing in the bucket, and later slots of its stream are there`, {
      remedy: 'See `chronik verify`; once the slot is repaired or marked lost, copying goes on by itself.',
      details: { key },
    });
  }
}
