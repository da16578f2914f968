import { compareHlc, readThrough } from '../../log/index.ts';
import type { StreamId } from '../../log/index.ts';
import { forkImage } from '../../meta/index.ts';
import type { MetadataImage } from '../../meta/index.ts';
import type { PatientStore } from '../../store/index.ts';
import type { ClampedOffset } from '../settle-fork.ts';
import { countsUpTo } from '../timelines.ts';
import { PartitionLedger } from '../verify/partition-ledger.ts';
import type { CheckedPartition } from '../verify/partition-ledger.ts';
import { Problems } from '../verify/problem.ts';
import { OFFSETS_TOPIC, readGroups } from '../verify/read-groups.ts';
import { readBeyond } from './beyond.ts';
import type { Beyond } from './beyond.ts';
import type { CutPromotion } from './promotion.ts';

/** What a promotion keeps, and what it leaves behind. */
export interface PromotionAccount {
  /** What each partition will hold. */
  readonly partitions: readonly CheckedPartition[];
  /** Committed offsets that lie behind the end of their partition, and will go back to it. */
  readonly clamped: readonly ClampedOffset[];
  readonly beyond: Beyond;
}

/** Reads the footers of everything that counts; as much work as the boot that follows. */
export async function accountFor(promotion: CutPromotion): Promise<PromotionAccount> {
  const { copy, child, image } = promotion;
  const { context } = copy;
  const forked = forkImage(image, child);
  const ledger = await fillLedger(promotion, forked);
  const partitions = ledger.finish(new Problems());
  const ends = new Map(partitions.map((held) => [`${held.partition.index}/${held.topic.name}`, held.endOffset]));
  const { groups } = await readGroups(context.store, { image: forked, ledger });
  const clamped = groups.flatMap(({ group, offsets }) =>
    offsets.flatMap(({ topic, partition, offset }): ClampedOffset[] => {
      const endOffset = ends.get(`${partition}/${topic}`);
      if (endOffset === undefined || offset <= endOffset) return [];
      return [{ group, topic, partition, committed: offset, endOffset }];
    }),
  );
  const { timeline } = copy.timeline;
  return { partitions, clamped, beyond: await readBeyond(context, timeline, promotion.child.cut, image) };
}

async function fillLedger({ copy, child }: CutPromotion, forked: MetadataImage): Promise<PartitionLedger> {
  const ledger = new PartitionLedger(forked, OFFSETS_TOPIC);
  const ancestry = [...copy.tree.ancestry(copy.timeline.timeline), child];
  for (const { timeline, broker, epoch, sealed } of forked.streams()) {
    if (sealed === undefined || !isInUse(forked, timeline, broker, epoch)) continue;
    const stream: StreamId = { log: 'data', timeline, broker, epoch };
    const upTo = countsUpTo(ancestry, timeline);
    await readThrough(copy.context, stream, {
      through: sealed.slot - 1,
      depth: 'tails',
      onDamage: 'hold',
      metadataEpoch: 0,
      visit: ({ slot, entries }) => {
        for (const entry of entries) {
          if (entry.kind === 'close' || (upTo !== undefined && compareHlc(entry.hlc, upTo) > 0)) continue;
          ledger.add(entry, stream, slot);
        }
      },
    });
  }
  return ledger;
}

function isInUse(image: MetadataImage, timeline: string, broker: number, epoch: number): boolean {
  for (const { partitions } of image.topics()) {
    for (const { history } of partitions) {
      const holds = history.some(
        ({ stream }) => stream.timeline === timeline && stream.broker === broker && stream.epoch === epoch,
      );
      if (holds) return true;
    }
  }
  return false;
}

/**
 * Keeps the account in the store, beside what it speaks of: what lies beyond the cut stays under the old timeline's names, which
 * nobody writes to any more but the copier. Written once; of several, the first counts.
 */
export async function keepAccount(
  store: PatientStore,
  promotion: CutPromotion,
  account: PromotionAccount,
): Promise<string> {
  const { child, lossMs } = promotion;
  const key = `salvage/${child.parent}/promotion-${child.timeline}.json`;
  const { cut } = child;
  const document = {
    formatVersion: 1,
    parent: child.parent,
    child: child.timeline,
    planId: child.planId,
    cut: { time: new Date(cut.hlc.ms).toISOString(), hlc: cut.hlc, metadata: cut.metadata },
    lossMs,
    partitions: account.partitions.map(({ topic, partition, endOffset, records }) => ({
      topic: topic.name,
      topicId: topic.id,
      partition: partition.index,
      endOffset,
      records,
    })),
    clampedOffsets: account.clamped,
    beyond: account.beyond,
  };
  const body = Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
  await store.createResolved({
    key,
    body: [body],
    recognise: (existing) => (existing.equals(body) ? 'ours' : 'other'),
  });
  return key;
}
