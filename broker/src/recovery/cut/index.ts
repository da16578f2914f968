// The cut: which consistent state a copy of a bucket allows that somebody fills in any order. `cut.ts` says what a cut is, as a
// pure function; `cut-reader.ts` reads a copy, again and again; `promotion.ts` makes a timeline out of it.
export { readBeyond } from './beyond.ts';
export type { Beyond, BeyondPartition } from './beyond.ts';
export { accountFor } from './account.ts';
export type { PromotionAccount } from './account.ts';
export { openCopy } from './copy-of.ts';
export type { CopyOptions, StoreCopy } from './copy-of.ts';
export type { CutPosition } from './cut.ts';
export { CutReader } from './cut-reader.ts';
export type { CutReading, LogReach } from './cut-reader.ts';
export type { Hole } from './hole.ts';
export { refuseLivePrimary } from './live-primary.ts';
export { promote } from './promote.ts';
export type { Promoted } from './promote.ts';
export { demandBoundedLoss, demandParentSeen, previewPromotion } from './promotion.ts';
export type { CutPromotion, Promotion, PromotionRequest } from './promotion.ts';
export { awaitBarrier, readBarrier } from './switchover.ts';
export { salvageRecords } from './salvage-records.ts';
export type { Salvage, SalvagedRecord } from './salvage-records.ts';
export { stateOfCut } from './state-of-cut.ts';
export { nameOf, tellHolder, tellHole } from './tell-cut.ts';
