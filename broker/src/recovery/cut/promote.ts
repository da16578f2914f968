import type { TimelineFile } from '../../meta/index.ts';
import { accountFor, keepAccount } from './account.ts';
import type { PromotionAccount } from './account.ts';
import type { CopyOptions } from './copy-of.ts';
import { carryOut, demandBoundedLoss, previewPromotion, seconds } from './promotion.ts';
import type { CutPromotion, PromotionRequest } from './promotion.ts';

export interface Promoted {
  readonly timeline: TimelineFile;
  readonly promotion: CutPromotion;
  readonly account: PromotionAccount;
  /** Where the account is kept, in the store. */
  readonly accountKey: string;
}

/**
 * Makes the store of a copy the cluster's primary (30-recovery): cut, account, and the one object that is the new timeline.
 * Undefined if it is that already. The account comes before the timeline, so that a crash in between leaves nothing done; again is
 * harmless, and so are several at once. Rejects as `previewPromotion` and `demandBoundedLoss` do.
 */
export async function promote(
  options: CopyOptions,
  order: PromotionRequest,
  storeName: string,
): Promise<Promoted | undefined> {
  const promotion = await previewPromotion(options, order);
  if (promotion.kind === 'active') return undefined;
  demandBoundedLoss(promotion, order, storeName);
  const account = await accountFor(promotion);
  const accountKey = await keepAccount(options.store, promotion, account);
  const timeline = await carryOut(promotion);
  options.logger.warn(`promoted ${options.store.description}: timeline ${timeline.timeline} begins`, {
    parent: timeline.parent,
    cut: new Date(timeline.cut?.hlc.ms ?? 0).toISOString(),
    loss: seconds(promotion.lossMs),
    account: accountKey,
  });
  return { timeline, promotion, account, accountKey };
}
