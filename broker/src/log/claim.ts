import type { LogContext } from './context.ts';
import { DATA_WINDOW, METADATA_WINDOW } from './slot.ts';
import type { MetadataMark } from './slot.ts';
import { createSlot, freezeSlot } from './slot-create.ts';
import { SlotWriter } from './slot-writer.ts';
import { describeStream } from './stream-names.ts';
import type { StreamLine } from './stream-names.ts';

export interface ClaimOptions extends StreamLine {
  /** The highest epoch of this line that was ever seen, in metadata or by newestEpoch; 0 = none. */
  readonly aboveEpoch: number;
  /** host:port where the claimant can be reached. */
  readonly address: string;
  /** Which installation runs on the bucket; another one there holds (16-settled, "Another installation"). */
  readonly installation: string;
  /** 0 = the stream will have no heartbeats. */
  readonly heartbeatMs: number;
  /** Of a data stream: how far the metadata log is in the bucket at the moment; written into every slot (rule 09). */
  readonly metadataThrough?: () => MetadataMark;
}

/**
 * Takes a fresh epoch by creating slot 0 of its stream. Claims are dense: the next number is tried only after the store has
 * said that this one exists. A gap would be a name that a delayed claimant could still take (rule 06).
 */
export async function claimStream(context: LogContext, options: ClaimOptions): Promise<SlotWriter> {
  const { log, timeline, broker, aboveEpoch, address, installation, heartbeatMs, metadataThrough } = options;
  const window = log === 'metadata' ? METADATA_WINDOW : DATA_WINDOW;
  let epoch = aboveEpoch + 1;
  for (;;) {
    const stream = { log, timeline, broker, epoch };
    const hlc = context.hlc.now();
    const frozen = freezeSlot(context, stream, {
      slot: 0,
      part: { kind: 'claim', window, address, installation, heartbeatMs },
      previousHash: undefined,
      committedThrough: -1,
      firstHlc: hlc,
      lastHlc: hlc,
      ...(metadataThrough && { metadataThrough: metadataThrough() }),
    });
    const { outcome } = await createSlot(context, frozen);
    if (outcome === 'ours') {
      context.logger.info(`claimed ${describeStream(stream)}`);
      return new SlotWriter(context, {
        stream,
        window,
        claimHash: frozen.hash,
        claimHlc: hlc,
        metadataThrough,
      });
    }
    // `vanished` proves nothing about the name: it is tried again, with a new write id.
    // A name that holds something damaged is taken for ever.
    if (outcome === 'theirs' || outcome === 'damaged') epoch += 1;
  }
}
