import type { Clock } from '../edge/index.ts';
import { hasCode } from '../edge/index.ts';
import { within } from './within.ts';

/** `unsure`: the store could not be asked in time. */
export type ProofOutcome = 'open' | 'fenced' | 'unsure';

/** Asks the bucket, after a request has arrived, whether this broker's stream is still its own (rule 18). */
export class OpenProof {
  readonly #clock: Clock;
  readonly #proveOpen: () => Promise<void>;

  constructor(clock: Clock, proveOpen: () => Promise<void>) {
    this.#clock = clock;
    this.#proveOpen = proveOpen;
  }

  /** Rejects with FENCED, or with TIMED_OUT after `timeoutMs`. */
  prove(timeoutMs: number): Promise<void> {
    return within(
      this.#clock,
      timeoutMs,
      'Asking the store whether this broker still owns its stream',
      this.#proveOpen(),
    );
  }

  async outcome(timeoutMs: number): Promise<ProofOutcome> {
    try {
      await this.prove(timeoutMs);
      return 'open';
    } catch (error) {
      if (hasCode(error, 'FENCED')) return 'fenced';
      if (hasCode(error, 'TIMED_OUT')) return 'unsure';
      throw error;
    }
  }
}
