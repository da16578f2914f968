import type { WalkedSlot } from '../../../src/log/index.ts';
import { decodeBatches } from '../../support/batches.ts';
import type { SeenSlot } from './history.ts';

const PREFIX = 'payload ';

/** Content of a metadata slot of these runs: the payloads' names. */
export function eventsBody(payloads: readonly string[]): Buffer {
  return Buffer.from(PREFIX + payloads.join(','));
}

/** What a walked slot (read whole) says of itself. */
export function seen(slot: WalkedSlot): SeenSlot {
  return { slot: slot.slot, hash: slot.hash.toString('hex'), payloads: payloadsOf(slot) };
}

function payloadsOf(slot: WalkedSlot): readonly string[] {
  if (slot.body === undefined || slot.body.length === 0) return [];
  const text = slot.body.toString('latin1');
  if (text.startsWith(PREFIX)) return text.slice(PREFIX.length).split(',');
  return decodeBatches(slot.body).map((batch) => `${batch.crc}${batch.intact ? '' : ' damaged'}`);
}
