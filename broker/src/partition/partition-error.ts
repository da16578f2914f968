import { ChronikError } from '../edge/index.ts';

/**
 * - `PARTITION_NOT_LEADER`: this broker does not (or not any more) write this partition.
 * - `PARTITION_DELETED`: its topic is gone.
 * - `PARTITION_OVERLAP`: two committed batches claim the same offsets.
 */
export type PartitionErrorCode = 'PARTITION_NOT_LEADER' | 'PARTITION_DELETED' | 'PARTITION_OVERLAP';

export class PartitionError extends ChronikError {
  constructor(code: PartitionErrorCode, message: string, cause?: unknown) {
    super(code, message, { remedy: remedies[code], ...(cause === undefined ? {} : { cause }) });
  }
}

const remedies: Readonly<Record<PartitionErrorCode, string>> = {
  PARTITION_NOT_LEADER: 'Clients refresh their metadata and try again.',
  PARTITION_DELETED: 'Create the topic again, or stop using it.',
  PARTITION_OVERLAP: 'Run `chronik verify` on the store and report what it finds; nothing was changed.',
};
