import { EventConflictError } from '../errors.ts';
import type { BrokerRegistered, StreamSealed } from '../event.ts';
import { strongerDiskAcks } from '../disk-acks.ts';
import type { ImageDraft } from '../image-draft.ts';

/**
 * A new stream makes the broker live. The same stream again changes the address and can only raise diskAcks, since acks
 * that lie on the disk alone may have been given already. Ignored: an older stream, or one that is sealed.
 */
export function applyBrokerRegistered(draft: ImageDraft, event: BrokerRegistered): boolean {
  const { broker: id, streamEpoch, host, port, rack, installation } = event;
  const before = draft.broker(id);
  const name = { timeline: draft.timeline, broker: id, epoch: streamEpoch };
  const stream = draft.stream(name);
  if ((before !== undefined && before.streamEpoch > streamEpoch) || stream?.sealed !== undefined) return false;
  const diskAcks =
    before?.streamEpoch === streamEpoch ? strongerDiskAcks(before.diskAcks, event.diskAcks) : event.diskAcks;
  draft.setBroker({ id, streamEpoch, host, port, rack, installation, diskAcks, live: true });
  if (stream === undefined) draft.setStream({ ...name, sealed: undefined });
  return true;
}

/**
 * Also for a stream that was claimed and never registered. Ignored: said again. Conflict: sealed elsewhere before; a
 * stream ends once.
 */
export function applyStreamSealed(draft: ImageDraft, event: StreamSealed): boolean {
  const { broker: id, epoch, slot, hash } = event;
  const name = { timeline: draft.timeline, broker: id, epoch };
  const before = draft.stream(name)?.sealed;
  if (before !== undefined) {
    if (before.slot === slot && before.hash.equals(hash)) return false;
    throw new EventConflictError(`stream ${id}/${epoch} is sealed at slot ${slot}, but it ended at ${before.slot}`);
  }
  if (slot < 1) throw new EventConflictError(`stream ${id}/${epoch} is sealed at slot ${slot}, where its claim lies`);
  draft.setStream({ ...name, sealed: { slot, hash } });
  const broker = draft.broker(id);
  if (broker?.streamEpoch === epoch) draft.setBroker({ ...broker, live: false });
  return true;
}

/** Partitions are led in the newest stream of a live broker only; throws EventConflictError otherwise (rule 09). */
export function demandLiveStream(draft: ImageDraft, id: number, streamEpoch: number): void {
  const broker = draft.broker(id);
  if (broker === undefined || !broker.live || broker.streamEpoch !== streamEpoch) {
    throw new EventConflictError(`broker ${id} leads in stream ${streamEpoch}, which is not its open stream`, {
      registered: broker?.streamEpoch,
      live: broker?.live,
    });
  }
}
