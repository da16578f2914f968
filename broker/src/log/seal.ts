import type { LogContext } from './context.ts';
import { listEpochs } from './epochs.ts';
import { CorruptSlotError } from './errors.ts';
import { markDamagedSlotLost, repairRange } from './repair.ts';
import type { RepairOptions } from './repair.ts';
import type { SealedStream } from './slot.ts';
import { createSlot, freezeSlot } from './slot-create.ts';
import { describeStream, slotKey } from './stream-names.ts';
import type { StreamId, StreamLine } from './stream-names.ts';
import { StreamWalker } from './walk.ts';
import type { WalkEnd, WalkOptions } from './walk.ts';

/** After so many slots that the old writer filled before us, a seal is planted where it cannot pass. */
const RACES_BEFORE_PLANTING = 3;

export interface SealOptions extends WalkOptions, RepairOptions {
  /** Asked once, before the stream is sealed at a gap: the highest of its slots that other streams call committed; -1 = none. */
  readonly committedElsewhere?: () => Promise<number>;
}

/**
 * Ends a stream for ever: walks it and creates a SEAL at its first gap. If the writer (alive, or a zombie) fills that slot
 * first, it walks on; after losing three times it first plants a SEAL W+1 slots ahead, which the writer cannot pass, and
 * closes the gaps below it upwards, so it terminates. Slots above the first reachable seal were never acknowledged. Several
 * sealers may race, and a stream that is sealed already is only walked: the answer is the same for all.
 *
 * `visit` sees every slot below the seal. Rejects with DamagedStreamError if committed slots are missing (or the claim is: only
 * claimed epochs may be named) and the options say to hold; with CorruptSlotError at a slot that does not verify.
 */
export async function sealStream(context: LogContext, stream: StreamId, options: SealOptions): Promise<SealedStream> {
  const walker = new StreamWalker(context, stream, options);
  let racesLost = 0;
  let plantedAt = -1;
  let askElsewhere = options.committedElsewhere;
  let markedAt = -1;
  /** Walks; a slot that is there and cannot be read is marked lost, if told to, and walked over. */
  const walkMarking = async (): Promise<WalkEnd> => {
    for (;;) {
      try {
        return await walker.walk();
      } catch (error) {
        const slot = walker.next;
        const mayMark = options.onDamage === 'mark-lost' && markedAt < slot;
        if (!mayMark || !(error instanceof CorruptSlotError) || error.key !== slotKey(stream, slot)) throw error;
        await markDamagedSlotLost(context, stream, slot, { damage: error, metadataEpoch: options.metadataEpoch });
        markedAt = slot;
      }
    }
  };
  for (;;) {
    const end = await walkMarking();
    switch (end.kind) {
      case 'sealed':
        return { sealedAt: end.at, last: end.last };
      case 'open': {
        const committedElsewhere = await askElsewhere?.();
        askElsewhere = undefined;
        if (committedElsewhere !== undefined && walker.learnCommitted(committedElsewhere)) break;
        if (racesLost >= RACES_BEFORE_PLANTING && plantedAt < end.next) {
          plantedAt = end.next + ((await walker.window()) + 1) * (racesLost - RACES_BEFORE_PLANTING + 1);
          await createSeal(context, stream, plantedAt, end.next - 1, options.metadataEpoch);
        }
        if (await createSeal(context, stream, end.next, end.next - 1, options.metadataEpoch)) {
          context.logger.info(`sealed ${describeStream(stream)} at slot ${end.next}`);
          return { sealedAt: end.next, last: end.last };
        }
        racesLost += 1;
        break;
      }
      case 'damaged':
        await repairRange(context, stream, end.missing, walker.expectedHash, options);
        break;
      case 'unclaimed':
        await repairRange(context, stream, { from: 0, to: 0 }, undefined, options);
        break;
    }
  }
}

/** True if the SEAL is ours; false if something else has the slot. */
async function createSeal(
  context: LogContext,
  stream: StreamId,
  slot: number,
  committedThrough: number,
  metadataEpoch: number,
): Promise<boolean> {
  const hlc = context.hlc.now();
  const frozen = freezeSlot(context, stream, {
    slot,
    part: { kind: 'seal', sealedBy: context.broker, metadataEpoch, clean: false },
    previousHash: undefined,
    committedThrough,
    firstHlc: hlc,
    lastHlc: hlc,
  });
  const { outcome } = await createSlot(context, frozen);
  return outcome === 'ours';
}

export interface SealedEpoch extends SealedStream {
  readonly stream: StreamId;
}

/** Epochs from..below-1. */
export interface EpochRange {
  readonly from: number;
  readonly below: number;
  /** One of them of which it is known that it was claimed, whatever a listing shows. */
  readonly claimed?: number;
}

/**
 * Seals every epoch of a line in the range, ascending, those without a slot behind their claim too; together they are the
 * line's history, each up to its seal (rule 07). Whoever leaves one out leaves a writer that still commits.
 * `optionsOf` gives the options of one epoch, for example where its checkpoint is and who reads its slots.
 */
export async function sealEpochs(
  context: LogContext,
  line: StreamLine,
  range: EpochRange,
  optionsOf: (stream: StreamId) => SealOptions,
): Promise<readonly SealedEpoch[]> {
  const known = await listEpochs(context, line, range.from - 1);
  const epochs = known.filter((epoch) => epoch < range.below);
  const sealed: SealedEpoch[] = [];
  const first = Math.min(epochs[0] ?? range.below, range.claimed ?? range.below);
  for (let epoch = first; epoch < range.below; epoch += 1) {
    const stream = { ...line, epoch };
    // Claims are dense: an epoch without a trace, between others, has lost its claim; its writer may be alive all the same.
    sealed.push({ stream, ...(await sealStream(context, stream, optionsOf(stream))) });
  }
  return sealed;
}
