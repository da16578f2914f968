import { ChronikError } from '../edge/index.ts';
import type { PatientStore } from '../store/index.ts';
import type { BatchLocation } from './entry.ts';
import { CorruptSlotError } from './errors.ts';
import { slotKey } from './stream-names.ts';

/**
 * The raw bytes of a committed batch, by a ranged GET. The caller verifies the batch's own CRC. Rejects with BATCH_MISSING if
 * the slot is gone (collected after its records were tiered: look there), CorruptSlotError if it is shorter than it was.
 */
export async function readBatch(store: PatientStore, location: BatchLocation): Promise<Buffer> {
  const { position, length } = location;
  const key = slotKey(location.stream, location.slot);
  const bytes = await store.get(key, { start: position, length });
  if (bytes === undefined) {
    throw new ChronikError('BATCH_MISSING', `${key} is not in ${store.description}`, {
      remedy: 'If it should be there, `chronik verify` tells what else is missing and what can be repaired.',
      details: { key, position, length },
    });
  }
  if (bytes.length < length) {
    throw new CorruptSlotError(key, 'truncated', `${bytes.length} of ${length} bytes at ${position}`);
  }
  return bytes;
}
