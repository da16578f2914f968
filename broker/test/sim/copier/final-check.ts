import { parseSlotKey, slotKey } from '../../../src/log/index.ts';
import type { StreamId } from '../../../src/log/index.ts';
import { Violation } from '../violation.ts';
import { readMarked } from './read-marked.ts';
import type { CopierWorld } from './world.ts';

/** Nobody writes any more and the copier says that nothing is missing: the replica must hold all of the history, and nothing else. */
export function checkReplicaIsWhole({ cluster, replica }: CopierWorld): void {
  const bucket = cluster.bucket.contents();
  const copies = replica.contents();
  for (const key of copies.keys()) {
    if (!key.startsWith('probe/') && !bucket.has(key)) throw new Violation('nothing invented', key);
  }
  for (const [key, body] of bucket) {
    if (key.startsWith('probe/')) continue;
    const slot = parseSlotKey(key);
    if (slot !== undefined && !isHistory(bucket, slot.stream, slot.slot)) continue;
    if (copies.get(key)?.equals(body) === true) continue;
    throw new Violation('replica whole', `${key} is not in the replica, which is said to lack nothing`);
  }
}

/** A slot behind a gap, or behind the seal, never became part of the history. */
function isHistory(bucket: ReadonlyMap<string, Buffer>, stream: StreamId, slot: number): boolean {
  for (let before = 0; before < slot; before += 1) {
    const key = slotKey(stream, before);
    if (!bucket.has(key) || readMarked(bucket, key)?.kind === 'seal') return false;
  }
  return true;
}
