import { ChronikError } from '../edge/index.ts';
import type { Decision } from './decide.ts';

/** The boot must not go on as things are, but may once somebody has decided or something has changed: wait and say so. */
export class HoldError extends ChronikError {}

/** The boot must not go on at all with this volume, bucket and configuration. */
export class RefusalError extends ChronikError {}

/** Turns the table's hold and refuse rows into errors. */
export function errorFor(decision: Extract<Decision, { action: 'hold' | 'refuse' }>): HoldError | RefusalError {
  const { code, message, remedy } = decision;
  if (decision.action === 'refuse') return new RefusalError(code, message, { remedy });
  const { volumeId, owner } = decision;
  const details = { ...(volumeId === undefined ? {} : { volumeId }), ...(owner === undefined ? {} : { owner }) };
  return new HoldError(code, message, { remedy, details });
}
