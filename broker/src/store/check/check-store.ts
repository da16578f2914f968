import type { Clock, Random } from '../../edge/index.ts';
import { ChronikError, randomHex } from '../../edge/index.ts';
import type { BucketInspection, LifecycleRule, Told } from '../bucket-inspection.ts';
import type { ObjectStore } from '../object-store.ts';
import { PatientStore } from '../patient-store.ts';
import { PROBE_PREFIX, probeStore } from '../probe.ts';
import { Attempts, startingRules } from '../retry.ts';
import { StoreError } from '../store-error.ts';
import { defaultLatencyCounts, measureLatency } from './latency.ts';
import type { Latency, LatencyCounts } from './latency.ts';
import { harmfulRules, harmfulRulesError } from './lifecycle.ts';
import { estimateMonthlyCost } from './monthly-cost.ts';
import type { CostEstimate, RequestRates } from './monthly-cost.ts';
import { tryPermissions, unreachable } from './permissions.ts';
import type { PermissionTry } from './permissions.ts';
import { pricesOf } from './prices.ts';

/** What the boot probe proves, in words. */
export const GUARANTEES = [
  'a name is given once: a second create is refused',
  'of 16 racing creates of one name exactly one wins',
  'a refused create changes nothing',
  'what was written is read at once',
  'what was written is listed at once',
] as const;

/** A broker's clock may be so far off before it is worth a word; Amazon refuses requests from 15 minutes on. */
const NOTEWORTHY_SKEW_MS = 30_000;
/** Probe and measurement together; a store that is away for longer is not checked. */
const LONGEST_MS = 120_000;

export interface StoreCheckOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** For the estimate of what a broker costs. */
  readonly rates: RequestRates;
  readonly counts?: LatencyCounts;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Something because of which a broker must not or cannot run on this store. */
export interface StoreProblem {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export interface StoreCheck {
  readonly store: string;
  readonly provider: string;
  /** Proven just now; empty if something kept the probe from running, or it failed. */
  readonly guarantees: readonly string[];
  readonly permissions: readonly PermissionTry[];
  readonly latency: readonly Latency[];
  /** undefined: there is no such thing (a directory). */
  readonly versioning: Told<string> | undefined;
  readonly lifecycle: Told<readonly LifecycleRule[]> | undefined;
  /** How far the store's clock is ahead of ours, at least; 0 = within a second. undefined: it says no time. */
  readonly clockSkewMs: number | undefined;
  readonly cost: CostEstimate | undefined;
  readonly problems: readonly StoreProblem[];
  readonly remarks: readonly string[];
}

/**
 * Says whether a broker can run on the store and what to expect of it. Writes below probe/ only, and deletes it again if it may.
 * Rejects with STORE_UNREACHABLE if the store does not answer, and with its own error if the bucket is not there.
 */
export async function checkStore(store: ObjectStore, options: StoreCheckOptions): Promise<StoreCheck> {
  const prefix = `${PROBE_PREFIX}${randomHex(options.random, 8)}/`;
  const permissions = await tryPermissions(store, `${prefix}permission`, options);
  const { inspection, clockSkewMs } = await inspect(store, options);
  const problems: StoreProblem[] = missing(store, permissions);
  if (inspection?.lifecycle.isKnown === true) {
    const harmful = harmfulRules(inspection.lifecycle.value, store.address.prefix);
    if (harmful.length > 0) problems.push(problemOf(harmfulRulesError(store.description, harmful)));
  }
  const canProbe = permissions.every(({ isNeeded, isAllowed }) => isAllowed || !isNeeded);
  const tested = canProbe ? await test(store, prefix, options) : { guarantees: [], latency: [], problems: [] };
  const prices = pricesOf(store.address);
  return {
    store: store.description,
    provider: store.address.provider,
    guarantees: tested.guarantees,
    permissions,
    latency: tested.latency,
    versioning: inspection?.versioning,
    lifecycle: inspection?.lifecycle,
    clockSkewMs,
    cost: prices && estimateMonthlyCost(prices, options.rates),
    problems: [...problems, ...tested.problems],
    remarks: remarksOf(permissions, inspection, clockSkewMs),
  };
}

interface Tested {
  readonly guarantees: readonly string[];
  readonly latency: readonly Latency[];
  readonly problems: readonly StoreProblem[];
}

/** The boot probe, and the measurement if the store passes it. */
async function test(store: ObjectStore, prefix: string, options: StoreCheckOptions): Promise<Tested> {
  const { clock, random, counts = defaultLatencyCounts } = options;
  const total = counts.smallPuts + counts.largePuts + counts.rangedGets;
  const controller = new AbortController();
  const { signal } = controller;
  let last = new StoreError('unavailable', `no answer within ${LONGEST_MS / 1000} s`);
  const timer = clock.setTimer(LONGEST_MS, () => controller.abort(unreachable(store, last)));
  const patient = new PatientStore(store, { clock, random, onTrouble: (error) => void (last = error) });
  const keys: string[] = [];
  let done = 0;
  const onRequest = (): void => options.onProgress?.({ done: (done += 1), total });
  try {
    await probeStore(patient, { random, signal });
    const latency = await measureLatency(patient, prefix, keys, { clock, random, counts, signal, onRequest });
    return { guarantees: GUARANTEES, latency, problems: [] };
  } catch (error) {
    if (!(error instanceof ChronikError) || !REFUSALS.has(error.code)) throw error;
    return { guarantees: [], latency: [], problems: [problemOf(error)] };
  } finally {
    timer.cancel();
    await patient.tryDelete(keys);
  }
}

const REFUSALS = new Set(['STORE_IGNORES_CONDITIONS', 'STORE_INCONSISTENT']);

async function inspect(
  store: ObjectStore,
  { clock, random }: StoreCheckOptions,
): Promise<{ readonly inspection: BucketInspection | undefined; readonly clockSkewMs: number | undefined }> {
  if (store.inspectBucket === undefined) return { inspection: undefined, clockSkewMs: undefined };
  const beforeMs = clock.nowMs();
  const attempts = new Attempts(startingRules(clock, random), 0);
  let inspection: BucketInspection;
  try {
    inspection = await attempts.run('list', undefined, async (signal) => store.inspectBucket!({ signal }));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const unknown: Told<never> = { isKnown: false, why: error.message };
    return { inspection: { storeTimeMs: undefined, versioning: unknown, lifecycle: unknown }, clockSkewMs: undefined };
  }
  const { storeTimeMs } = inspection;
  return {
    inspection,
    clockSkewMs: storeTimeMs === undefined ? undefined : skew(storeTimeMs, beforeMs, clock.nowMs()),
  };
}

/** The header has whole seconds: what lies between the two moments, or less than a second before, is no difference. */
function skew(storeTimeMs: number, beforeMs: number, afterMs: number): number {
  if (storeTimeMs > afterMs) return storeTimeMs - afterMs;
  return Math.min(0, storeTimeMs + 1000 - beforeMs);
}

function missing(store: ObjectStore, permissions: readonly PermissionTry[]): StoreProblem[] {
  return permissions
    .filter(({ isNeeded, isAllowed }) => isNeeded && !isAllowed)
    .map(({ action, permission, refusal }) => ({
      code: 'PERMISSION_MISSING',
      message: `${action} is refused in ${store.description}: ${refusal ?? ''}`,
      remedy: `Allow ${permission}: without it nothing works.`,
    }));
}

function remarksOf(
  permissions: readonly PermissionTry[],
  inspection: BucketInspection | undefined,
  clockSkewMs: number | undefined,
): readonly string[] {
  const remarks: string[] = [];
  const refused = permissions.find(({ action, isAllowed }) => action === 'delete' && !isAllowed);
  if (refused !== undefined) {
    remarks.push(
      `${refused.permission} is not allowed: garbage collection is off, the bucket only grows, and what checks write below probe/ stays`,
    );
  }
  if (inspection?.lifecycle.isKnown === false) {
    remarks.push(
      'lifecycle rules were not seen: make sure that none deletes or archives anything but probe/ and salvage/',
    );
  }
  if (inspection?.versioning.isKnown === true && inspection.versioning.value === 'on') {
    remarks.push('versioning keeps (and bills) what is deleted; a lifecycle rule may delete old versions');
  }
  if (clockSkewMs !== undefined && Math.abs(clockSkewMs) >= NOTEWORTHY_SKEW_MS) {
    remarks.push(
      `the clocks differ by ${Math.round(Math.abs(clockSkewMs) / 1000)} s: set the clock of this machine (Amazon refuses requests from 900 s on)`,
    );
  }
  return remarks;
}

function problemOf({ code, message, remedy }: ChronikError): StoreProblem {
  return { code, message, remedy };
}
