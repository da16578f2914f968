import { createHash } from 'node:crypto';
import { ChronikError, invariant } from '../../edge/index.ts';
import { parseTimeline, timelineName } from '../../log/index.ts';
import { createTimelineFile } from '../../meta/index.ts';
import type { FrozenImage, TimelineCut, TimelineFile } from '../../meta/index.ts';
import type { StoreAddress } from '../../store/index.ts';
import { HoldError } from '../boot-error.ts';
import { sameStore } from '../store-address.ts';
import type { TimelineTree } from '../timelines.ts';
import { openCopy } from './copy-of.ts';
import type { CopyOptions, StoreCopy } from './copy-of.ts';
import type { CutPosition } from './cut.ts';
import { CutReader } from './cut-reader.ts';
import type { CutReading } from './cut-reader.ts';
import { stateOfCut } from './state-of-cut.ts';
import { tellHolder } from './tell-cut.ts';

/** What a promotion may cost, and what it was decided upon. */
export interface PromotionRequest {
  /** All who carry out one plan make one timeline (rule 05). */
  readonly planId: string;
  /** The timeline of which the preview was made; undefined: whichever counts. */
  readonly expectedParent: string | undefined;
  /** A cut older than that is refused, unless forced. */
  readonly maxDataLossMs: number;
  readonly force: boolean;
  /** Since when nothing can have been acknowledged any more, milliseconds since 1970; undefined: until now. */
  readonly lostAtMs?: number;
}

/** A fork that is not the root. */
export type ChildFile = TimelineFile & { readonly parent: string; readonly cut: TimelineCut };

/** What promoting a copy would make of it. */
export interface CutPromotion {
  readonly kind: 'cut';
  readonly copy: StoreCopy;
  readonly reading: CutReading;
  readonly cut: CutPosition;
  /** How much may be lost at most: from the cut until now, or until the primary was lost. */
  readonly lossMs: number;
  readonly child: ChildFile;
  /** The parent's state at the cut. */
  readonly image: FrozenImage;
}

/** `active`: the store has the timeline that counts already, and nothing is to be done. */
export type Promotion = CutPromotion | { readonly kind: 'active'; readonly copy: StoreCopy };

/**
 * Works out what promoting the store would keep; changes nothing. Rejects with HoldError (PLAN_OUTDATED: another timeline counts
 * than the plan was made of, TIMELINE_*) and NO_CUT.
 */
export async function previewPromotion(options: CopyOptions, order: PromotionRequest): Promise<Promotion> {
  const copy = await openCopy(options);
  const { context, tree, timeline } = copy;
  const { store } = options;
  if (sameStore(timeline.store, store.address)) {
    demandParentSeen(tree, timeline.timeline, order);
    return { kind: 'active', copy };
  }
  const done = tree.files.find((file) => file.planId === order.planId && sameStore(file.store, store.address));
  if (done !== undefined) {
    const told = `plan ${order.planId} was carried out as timeline ${done.timeline}, but ${timeline.timeline} counts by now`;
    throw new HoldError('PLAN_OUTDATED', told, {
      remedy: 'Look at the preview again, and decide anew under another plan id.',
    });
  }
  if (order.expectedParent !== undefined && order.expectedParent !== timeline.timeline) {
    throw new HoldError(
      'PLAN_OUTDATED',
      `plan ${order.planId} was made of timeline ${order.expectedParent}, but ${timeline.timeline} counts now`,
      { remedy: 'Look at the preview again, and decide anew.' },
    );
  }
  const ancestry = tree.ancestry(timeline.timeline);
  const reader = new CutReader(context, ancestry);
  const reading = await reader.read();
  const { cut } = reading;
  if (cut === undefined) throw noCut(options, reading);
  const state = await stateOfCut(copy, reader, cut);
  const child = childOf(timeline, state.cut, order.planId, store.address, options.clock.nowMs());
  const untilMs = Math.min(options.clock.nowMs(), order.lostAtMs ?? Number.POSITIVE_INFINITY);
  return { kind: 'cut', copy, reading, cut, lossMs: Math.max(0, untilMs - cut.hlc.ms), child, image: state.image };
}

/**
 * A store that has a timeline of its own looks like a primary while it has not heard that the cluster went on elsewhere. Throws
 * HoldError PLAN_OUTDATED if the timeline that the plan was made of is not on the way to the one that counts.
 */
export function demandParentSeen(
  tree: TimelineTree,
  timeline: string,
  { planId, expectedParent }: PromotionRequest,
): void {
  if (expectedParent === undefined || tree.ancestry(timeline).some((step) => step.timeline === expectedParent)) return;
  const told = `plan ${planId} was made of timeline ${expectedParent}, of which nothing is known here; ${timeline} seems to count`;
  throw new HoldError('PLAN_OUTDATED', told, {
    remedy: 'Wait until that timeline has been copied, or look at the preview again and decide anew.',
  });
}

/** Rejects with HoldError DATA_LOSS_TOO_GREAT if more may be lost than the order allows. */
export function demandBoundedLoss(promotion: Promotion, order: PromotionRequest, storeName: string): void {
  if (promotion.kind === 'active' || order.force || promotion.lossMs <= order.maxDataLossMs) return;
  const { lossMs, reading } = promotion;
  throw new HoldError(
    'DATA_LOSS_TOO_GREAT',
    `the copy ends ${seconds(lossMs)} ago (${new Date(promotion.cut.hlc.ms).toISOString()}), ` +
      `but at most ${seconds(order.maxDataLossMs)} may be lost; ${tellHolder(reading)}`,
    {
      remedy: `Wait for what is missing, or accept the loss: chronik promote --store ${storeName} --max-data-loss ${Math.ceil(lossMs / 1000)}s --force`,
      details: { lossMs, maxDataLossMs: order.maxDataLossMs, cutMs: promotion.cut.hlc.ms },
    },
  );
}

/**
 * Makes the child: one object, created once. Of several who do it at once, or again after a crash, all get the one that was
 * there first. From then on the store is the cluster's primary; the first boot of it does the rest.
 */
export async function carryOut(promotion: CutPromotion): Promise<TimelineFile> {
  const { copy, child } = promotion;
  const { store } = copy.context;
  // The way to the child must be told by this store alone: the files of its ancestors may not have come, and are known from others.
  for (const { timeline } of copy.tree.ancestry(child.parent)) {
    const ancestor = copy.tree.get(timeline);
    if (ancestor !== undefined) await createTimelineFile(store, ancestor);
  }
  const { outcome, file } = await createTimelineFile(store, child);
  if (outcome === 'exists' && (file.parent !== child.parent || !sameStore(file.store, child.store))) {
    throw new ChronikError('TIMELINE_CONFLICT', `timeline ${file.timeline} is there and comes from another plan`, {
      remedy: 'Promote with another plan id.',
    });
  }
  return file;
}

function childOf(
  parent: TimelineFile,
  cut: TimelineCut,
  planId: string,
  store: StoreAddress,
  createdAtMs: number,
): ChildFile {
  const timeline = childName(parent.timeline, planId, store);
  return { timeline, parent: parent.timeline, cut, reason: 'promotion', planId, store, createdAtMs };
}

/** The first 8 hex digits of SHA-256 over plan, parent and target store: one plan, one child (rule 05). */
export function childName(parent: string, planId: string, store: StoreAddress): string {
  const parsed = parseTimeline(parent);
  invariant(parsed !== undefined, `${parent} is not the name of a timeline`);
  const { provider, endpoint, bucket, prefix } = store;
  const hash = createHash('sha256').update(JSON.stringify([planId, parent, provider, endpoint, bucket, prefix]));
  return timelineName(parsed.number + 1, hash.digest('hex').slice(0, 8));
}

function noCut({ store }: CopyOptions, reading: CutReading): HoldError {
  return new HoldError(
    'NO_CUT',
    `${store.description} holds no consistent state of timeline ${reading.timeline} yet: ${tellHolder(reading)}`,
    { remedy: 'Wait until more has been copied; "chronik cut show" says what is missing.' },
  );
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
