import { ChronikError } from '../edge/index.ts';

/**
 * - `LOST_SLOT`: an object that holds committed batches is not there any more.
 * - `CORRUPT_BATCH`: what the object holds at a batch's place is not that batch.
 */
export type TierErrorCode = 'LOST_SLOT' | 'CORRUPT_BATCH';

export class TierError extends ChronikError {
  constructor(code: TierErrorCode, message: string, details: Readonly<Record<string, unknown>>) {
    super(code, message, {
      remedy: 'Put the object back from a copy of the bucket; `chronik verify` lists everything that is damaged.',
      details,
    });
  }
}
