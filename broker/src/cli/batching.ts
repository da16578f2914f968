import type { BrokerConfig } from '../config/index.ts';
import type { PatientStore } from '../store/index.ts';

/** PUTs on a cloud store cost money and take tens of milliseconds; on a local directory the next goes when the last is done. */
export const CLOUD_LINGER_MS = 100;
/** On a local directory an object costs as much CPU as ten small produce requests: without hurry fewer are written. */
const LOCAL_PATIENCE_MS = 25;

/** What was set counts to the letter; without a setting, what suits the store. */
export function batching(
  { wal }: BrokerConfig,
  store: PatientStore,
): { readonly lingerMs: number; readonly patienceMs?: number } {
  if (wal.lingerMs !== undefined) return { lingerMs: wal.lingerMs };
  if (store.address.provider === 'local') return { lingerMs: 0, patienceMs: LOCAL_PATIENCE_MS };
  return { lingerMs: CLOUD_LINGER_MS };
}
