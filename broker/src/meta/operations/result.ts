import type { KafkaErrorName } from '../../kafka/index.ts';

/** What an operation answers instead of doing something. */
export interface Refused {
  readonly outcome: 'refused';
  readonly error: KafkaErrorName;
  /** For people, in Kafka's words where Kafka has some. */
  readonly message: string;
}

export function refused(error: KafkaErrorName, message: string): Refused {
  return { outcome: 'refused', error, message };
}

/** Positions of the keys that occur more than once: Kafka refuses each of them. */
export function duplicates<T>(keys: readonly T[]): ReadonlySet<T> {
  const seen = new Set<T>();
  const twice = new Set<T>();
  for (const key of keys) (seen.has(key) ? twice : seen).add(key);
  return twice;
}
