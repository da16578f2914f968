import { CorruptSlotError, decodeSlot, lostMarkerKey, parseSlotKey } from '../../../src/log/index.ts';
import type { ReadSlot } from '../../../src/log/index.ts';

/** What the slot under a name says, or the LOST slot beside one that cannot be read; undefined if that is damage. */
export function readMarked(contents: ReadonlyMap<string, Buffer>, key: string): ReadSlot | undefined {
  const body = contents.get(key)!;
  try {
    return decodeSlot(key, body, body.length);
  } catch (error) {
    if (!(error instanceof CorruptSlotError)) throw error;
    const { stream, slot } = parseSlotKey(key)!;
    const markerKey = lostMarkerKey(stream, slot);
    const marker = contents.get(markerKey);
    return marker && decodeSlot(markerKey, marker, marker.length);
  }
}
