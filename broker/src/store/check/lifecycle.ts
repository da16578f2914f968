import { ChronikError } from '../../edge/index.ts';
import type { LifecycleRule } from '../bucket-inspection.ts';
import type { ObjectStore } from '../object-store.ts';

/** What everything is rebuilt from: none of it may go away or become unreadable by itself (10-storage §1, §3). */
const NEEDED = [
  'cluster.json',
  'timelines/',
  'metadata-wal/',
  'metadata-snapshots/',
  'wal/',
  'segments/',
  'manifests/',
  'pins/',
] as const;
const ENDINGS = ['.json', '.wal', '.snapshot', '.segment', '.manifest'] as const;

/** What to do instead; said with every refusal and in docs/stores.md. */
export const WHAT_MAY_BE_TIERED =
  'Take the rule away from these names. Rules may move objects to a class that is read at once (S3: STANDARD_IA, ONEZONE_IA, ' +
  'GLACIER_IR; Google: NEARLINE, COLDLINE, ARCHIVE; Azure: Cool, Cold), and may delete old versions, unfinished uploads, and ' +
  'what lies under probe/ and salvage/.';

/** A rule that takes away what a start of the broker needs. */
export interface HarmfulRule {
  readonly rule: LifecycleRule;
  /** Which of our names it meets. */
  readonly meets: readonly string[];
}

/** Those of the rules that would delete or archive what is needed. `prefix`: of the store, without slashes at its ends. */
export function harmfulRules(rules: readonly LifecycleRule[], prefix: string): readonly HarmfulRule[] {
  return rules.flatMap((rule) => {
    if (rule.effect === 'tiers') return [];
    const meets = NEEDED.filter((name) => isMet(rule, prefix === '' ? name : `${prefix}/${name}`));
    return meets.length === 0 ? [] : [{ rule, meets }];
  });
}

/** Code LIFECYCLE_EATS_LOG. */
export function harmfulRulesError(store: string, harmful: readonly HarmfulRule[]): ChronikError {
  const said = harmful.map(({ rule, meets }) => `"${rule.id}" ${rule.effect} ${meets.join(', ')} (${rule.text})`);
  return new ChronikError('LIFECYCLE_EATS_LOG', `Lifecycle rules of ${store} would lose data: ${said.join('; ')}`, {
    remedy: WHAT_MAY_BE_TIERED,
    details: { store, rules: harmful.map(({ rule }) => rule.id) },
  });
}

/**
 * Rejects with LIFECYCLE_EATS_LOG if the store tells of rules that would delete or archive the log. Two small requests at most;
 * resolves if the rules cannot be seen. Rejects with the store's error if it does not answer.
 */
export async function refuseHarmfulLifecycle(store: ObjectStore, signal?: AbortSignal): Promise<void> {
  const inspection = await store.inspectBucket?.(signal === undefined ? {} : { signal });
  if (inspection?.lifecycle.isKnown !== true) return;
  const harmful = harmfulRules(inspection.lifecycle.value, store.address.prefix);
  if (harmful.length > 0) throw harmfulRulesError(store.description, harmful);
}

function isMet({ prefixes, suffixes }: LifecycleRule, name: string): boolean {
  const starts = prefixes.length === 0 || prefixes.some((start) => start.startsWith(name) || name.startsWith(start));
  const ends =
    suffixes.length === 0 ||
    suffixes.some((end) => ENDINGS.some((ending) => ending.endsWith(end) || end.endsWith(ending)));
  return starts && ends;
}
