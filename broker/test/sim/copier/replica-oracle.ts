import { parseSlotKey, slotKey, streamPrefix } from '../../../src/log/index.ts';
import type { ReadSlot, SlotName, StreamId } from '../../../src/log/index.ts';
import { decodeEvents, parseSnapshotKey } from '../../../src/meta/index.ts';
import type { SimBucket } from '../sim-store.ts';
import { Violation } from '../violation.ts';
import { readMarked } from './read-marked.ts';

/** What a copier may have on its way of one stream: the writer's own window (rule 01). */
const WINDOW = { metadata: 1, data: 8 } as const;

/**
 * Looks at every object at the moment at which it appears in the replica: is it the bucket's, and is all there that it rests on?
 * Then the replica is a good one at every moment, whatever happens next.
 */
export class ReplicaOracle {
  readonly #bucket: SimBucket;
  readonly #replica: SimBucket;
  readonly #registered = new Set<string>();
  readonly #topics = new Set<string>();
  copied = 0;

  constructor(bucket: SimBucket, replica: SimBucket) {
    this.#bucket = bucket;
    this.#replica = replica;
  }

  /** Takes a line of the replica's trace. Throws a Violation. */
  onLine(line: string): void {
    const created = / create (\S+) \d+: \S+ created$/.exec(line)?.[1];
    if (created === undefined || created.startsWith('probe/')) return;
    this.copied += 1;
    this.#checkBytes(created);
    const slot = parseSlotKey(created);
    if (slot !== undefined) this.#checkSlot(created, slot);
    else if (created.startsWith('metadata-snapshots/')) this.#checkSnapshot(created);
    else if (created !== 'cluster.json') this.#demand('cluster.json', created);
  }

  #checkBytes(key: string): void {
    const original = this.#bucket.contents().get(key);
    if (original?.equals(this.#replica.contents().get(key)!) === true) return;
    throw new Violation('same bytes', `${key} in the replica is not what the bucket has`);
  }

  #checkSlot(key: string, { stream, slot }: SlotName): void {
    this.#demand(`timelines/${stream.timeline}.json`, key);
    if (slot > 0) this.#demand(slotKey(stream, 0), key);
    for (let before = slot - WINDOW[stream.log]; before > 0 && before > slot - 100; before -= 1) {
      this.#demand(slotKey(stream, before), key);
    }
    if (stream.log === 'metadata') {
      this.#checkEpochBefore(key, stream);
      this.#noteEvents(key);
    } else if (slot > 0) {
      this.#checkExplained(key, stream);
    }
  }

  /** Whoever appended the records knew their topic, and their stream was registered, by metadata in the bucket (rule 09). */
  #checkExplained(key: string, stream: StreamId): void {
    for (const entry of this.#decode(key).entries) {
      if (entry.kind === 'close') continue;
      const isRegistered = this.#registered.has(`${stream.broker}/${stream.epoch}`);
      if (isRegistered && this.#topics.has(entry.topicId)) continue;
      const unknown = isRegistered ? `topic ${entry.topicId}` : 'its stream';
      throw new Violation('metadata before data', `${key} holds records, and no metadata there tell of ${unknown}`);
    }
  }

  /** The epoch before ends in the replica with a seal that every slot leads to (rule 07). */
  #checkEpochBefore(key: string, stream: StreamId): void {
    if (stream.epoch === 1) return;
    const before = { ...stream, epoch: stream.epoch - 1 };
    for (let slot = 0; ; slot += 1) {
      if (!this.#replica.contents().has(slotKey(before, slot))) {
        throw new Violation('epochs in order', `${key} is there before the seal of ${streamPrefix(before)}`);
      }
      if (this.#decode(slotKey(before, slot)).kind === 'seal') return;
    }
  }

  #noteEvents(key: string): void {
    const slot = this.#decode(key);
    if (slot.eventCount === 0) return;
    for (const event of decodeEvents(slot.body!, key)) {
      if (event.kind === 'topicCreated') this.#topics.add(event.topicId);
      if (event.kind !== 'brokerRegistered') continue;
      const { broker, streamEpoch: epoch } = event;
      const { timeline } = parseSlotKey(key)!.stream;
      this.#demand(slotKey({ log: 'data', timeline, broker, epoch }, 0), key);
      this.#registered.add(`${broker}/${epoch}`);
    }
  }

  #checkSnapshot(key: string): void {
    const { timeline, position } = parseSnapshotKey(key)!;
    const { epoch, slot } = position;
    this.#demand(slotKey({ log: 'metadata', timeline, broker: 0, epoch }, slot), key);
  }

  /** What a slot in the replica says: of one that cannot be read, the LOST slot that has to be there before it. */
  #decode(key: string): ReadSlot {
    const read = readMarked(this.#replica.contents(), key);
    if (read !== undefined) return read;
    throw new Violation('no damage', `${key} in the replica cannot be read, and no LOST slot is there in its place`);
  }

  #demand(needed: string, key: string): void {
    if (this.#replica.contents().has(needed)) return;
    throw new Violation('order of copies', `${key} is in the replica, and ${needed} is not`);
  }
}
