import type { Environment } from '../config/index.ts';
import { ChronikError, silentLogger, systemClock, systemRandom } from '../edge/index.ts';
import {
  accountFor,
  awaitBarrier,
  demandBoundedLoss,
  previewPromotion,
  promote,
  readBarrier,
  refuseLivePrimary,
  tellHolder,
} from '../recovery/index.ts';
import type { CopyOptions, CutPromotion, PromotionAccount, PromotionRequest } from '../recovery/index.ts';
import { openCopyStores } from './copy-stores.ts';
import type { CopyStores } from './copy-stores.ts';
import { tellBeyond } from './cut.ts';
import { openForWriting } from './open-bucket.ts';
import { formatPairs, formatTable } from './table.ts';

export interface PromoteOptions {
  /** Name of the store to promote. */
  readonly store: string;
  /** As given, e.g. `60s`. */
  readonly maxDataLoss: string;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly planId: string | undefined;
  readonly expectedParent: string | undefined;
  /** ISO time. */
  readonly primaryLostAt: string | undefined;
  readonly json: boolean;
}

/** `chronik promote`: makes a copy the primary, or says what that would keep and lose. Rejects with the refusal. */
export async function runPromote(environment: Environment, options: PromoteOptions): Promise<void> {
  const stores = await openCopyStores(environment, options.store);
  try {
    const order = orderOf(options);
    const copy = copyOptions(stores);
    if (options.dryRun) {
      const promotion = await previewPromotion(copy, order);
      if (promotion.kind === 'active') return tellActive(stores);
      tell(stores, promotion, await accountFor(promotion), options.json, 'would be');
      demandBoundedLoss(promotion, order, stores.name);
      return;
    }
    if (!order.force) await refuseLivePrimary(copy);
    await carryOut(environment, stores, order, options.json);
  } finally {
    await stores.close();
  }
}

export interface SwitchoverOptions {
  readonly store: string;
  readonly timeout: string;
  readonly json: boolean;
}

/** `chronik switchover`: promotes without loss, once the old broker was stopped in good order and the copy holds all it wrote. */
export async function runSwitchover(environment: Environment, options: SwitchoverOptions): Promise<void> {
  const stores = await openCopyStores(environment, options.store);
  try {
    const copy = copyOptions(stores);
    const barrier = await readBarrier(copy);
    await awaitBarrier(copy, barrier, {
      timeoutMs: durationMs('--timeout', options.timeout),
      onWait: (reading) => void process.stderr.write(`waiting for the copy: ${tellHolder(reading)}\n`),
    });
    const planId = `switchover:${barrier.timeline}:${barrier.metadata.epoch}-${barrier.metadata.slot}`;
    const order = { planId, expectedParent: barrier.timeline, maxDataLossMs: 0, force: true };
    await carryOut(environment, stores, order, options.json);
  } finally {
    await stores.close();
  }
}

async function carryOut(
  environment: Environment,
  stores: CopyStores,
  order: PromotionRequest,
  asJson: boolean,
): Promise<void> {
  const store = await openForWriting(environment, stores.name);
  try {
    const promoted = await promote({ ...copyOptions(stores), store }, order, stores.name);
    if (promoted === undefined) return tellActive(stores);
    tell(stores, promoted.promotion, promoted.account, asJson, 'is');
    if (!asJson) {
      process.stdout.write(
        `The account is kept as ${promoted.accountKey}.\n` +
          `Start the broker with CHRONIK_ACTIVE_STORE=${stores.name}: its first start does the rest.\n`,
      );
    }
  } finally {
    await store.close();
  }
}

function copyOptions({ store, others }: CopyStores): CopyOptions {
  return { store, others, clock: systemClock, random: systemRandom, logger: silentLogger, broker: 0 };
}

function orderOf(options: PromoteOptions): PromotionRequest {
  const { store, expectedParent, force, primaryLostAt } = options;
  const lostAtMs = primaryLostAt === undefined ? undefined : Date.parse(primaryLostAt);
  if (lostAtMs !== undefined && Number.isNaN(lostAtMs)) {
    throw new ChronikError('SETTING_INVALID', `--primary-lost-at: ${primaryLostAt} is not a time`, {
      remedy: 'Write it like 2026-01-31T12:00:00Z.',
    });
  }
  return {
    // Without a plan there is one decision a store: several who take it at once make one timeline.
    planId: options.planId ?? `promote:${store}`,
    expectedParent,
    maxDataLossMs: durationMs('--max-data-loss', options.maxDataLoss),
    force,
    ...(lostAtMs === undefined ? {} : { lostAtMs }),
  };
}

/** `1500ms`, `60s`, `5m`, `1h`. Throws SETTING_INVALID. */
function durationMs(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  if (match === null) {
    throw new ChronikError('SETTING_INVALID', `${option}: "${text}" is not a duration`, {
      remedy: 'Write it like 60s or 5m.',
    });
  }
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}

function tellActive({ name }: CopyStores): void {
  process.stdout.write(`Store "${name}" has the timeline that counts already: nothing is to be done.\n`);
}

function tell(
  stores: CopyStores,
  promotion: CutPromotion,
  account: PromotionAccount,
  asJson: boolean,
  verb: string,
): void {
  process.stdout.write(asJson ? inJson(stores, promotion, account) : inWords(stores, promotion, account, verb));
}

function inJson({ name }: CopyStores, { child, lossMs, reading }: CutPromotion, account: PromotionAccount): string {
  const { timeline, parent, planId, cut } = child;
  const document = {
    store: name,
    parent,
    child: timeline,
    planId,
    cut: { time: new Date(cut.hlc.ms).toISOString(), hlc: cut.hlc, metadata: cut.metadata },
    lossMs,
    heldBackBy: tellHolder(reading),
    partitions: account.partitions.map(({ topic, partition, endOffset, records }) => ({
      topic: topic.name,
      partition: partition.index,
      endOffset,
      records,
    })),
    clampedOffsets: account.clamped,
    beyond: account.beyond,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function inWords(
  { name }: CopyStores,
  { child, lossMs, reading }: CutPromotion,
  { partitions, clamped, beyond }: PromotionAccount,
  verb: string,
): string {
  const { timeline, parent, cut } = child;
  const head = formatPairs([
    ['store', name],
    ['timeline', `${timeline} ${verb} made of ${parent}`],
    [
      'cut',
      `${new Date(cut.hlc.ms).toISOString()}, at most ${(lossMs / 1000).toFixed(1)} s of acknowledged records are lost`,
    ],
    ['held back', tellHolder(reading)],
  ]);
  const behind = new Map(beyond.partitions.map((one) => [`${one.topicId}/${one.partition}`, one.records]));
  const rows = partitions.map(({ topic, partition, records, endOffset }) => [
    `${topic.name}-${partition.index}`,
    records,
    endOffset,
    behind.get(`${topic.id}/${partition.index}`) ?? 0,
  ]);
  const columns = [
    { title: 'partition' },
    { title: 'records kept', isNumber: true },
    { title: 'end offset', isNumber: true },
    { title: 'seen beyond the cut', isNumber: true },
  ];
  const offsets = clamped.map(({ group, topic, partition, committed, endOffset }) => [
    group,
    `${topic}-${partition}`,
    committed,
    endOffset,
  ]);
  const offsetColumns = [
    { title: 'group' },
    { title: 'partition' },
    { title: 'had committed', isNumber: true },
    { title: 'goes on at', isNumber: true },
  ];
  return [
    head,
    formatTable(columns, rows),
    ...(offsets.length === 0 ? [] : [formatTable(offsetColumns, offsets)]),
    ...tellBeyond(beyond),
  ].join('\n');
}
