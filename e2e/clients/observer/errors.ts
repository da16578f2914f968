import { kafkaErrorName } from '../../../broker/src/kafka/index.ts';

/** Throws for an error code other than 0, in Kafka's words. */
export function expectNone(errorCode: number, what: string, message: string | null = null): void {
  if (errorCode === 0) return;
  const detail = message === null ? '' : `: ${message}`;
  throw new Error(`${what}: ${kafkaErrorName(errorCode)} (${errorCode})${detail}`);
}
