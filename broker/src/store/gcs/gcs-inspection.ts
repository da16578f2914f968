import { parseDateHeader } from '../bucket-inspection.ts';
import type { BucketInspection, LifecycleRule, Told } from '../bucket-inspection.ts';
import type { CallOptions } from '../object-store.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import type { GcsClient } from './gcs-client.ts';
import { gcsAnswerError } from './gcs-errors.ts';
import { asArray, field, parseJson } from './gcs-json.ts';

/** Asks for versioning, lifecycle rules and the time. Rejects if the store does not answer; a refusal is an answer. */
export async function inspectGcsBucket(
  client: GcsClient,
  bucket: string,
  request: RemoteRequest,
  options: CallOptions | undefined,
): Promise<BucketInspection> {
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}?fields=kind,versioning,lifecycle`;
  const answer = await client.send({ method: 'GET', path, signal: options?.signal });
  const storeTimeMs = parseDateHeader(answer.headers.get('date'));
  const resource = parseJson(answer.body);
  if (answer.status !== 200 || typeof resource !== 'object') {
    const error = gcsAnswerError(request, answer);
    if (error.kind !== 'denied') throw error;
    const unknown: Told<never> = { isKnown: false, why: 'storage.buckets.get is not allowed' };
    return { storeTimeMs, versioning: unknown, lifecycle: unknown };
  }
  return {
    storeTimeMs,
    versioning: { isKnown: true, value: field(field(resource, 'versioning'), 'enabled') === true ? 'on' : 'off' },
    lifecycle: { isKnown: true, value: asArray(field(field(resource, 'lifecycle'), 'rule')).flatMap(rulesOf) },
  };
}

/** "Object lifecycle management": all conditions of a rule must hold; all classes of Google can be read at once. */
function rulesOf(rule: unknown, index: number): readonly LifecycleRule[] {
  const action = field(rule, 'action');
  const condition = field(rule, 'condition');
  const type = field(action, 'type');
  if ((type !== 'Delete' && type !== 'SetStorageClass') || concernsOldVersions(condition)) return [];
  const target = field(action, 'storageClass');
  const shared = {
    id: `rule ${index + 1}`,
    prefixes: texts(field(condition, 'matchesPrefix')),
    suffixes: texts(field(condition, 'matchesSuffix')),
  };
  const when = `if ${JSON.stringify(condition ?? {})}`;
  return type === 'Delete'
    ? [{ ...shared, effect: 'deletes', text: when }]
    : [{ ...shared, effect: 'tiers', text: `${when} to ${typeof target === 'string' ? target : 'another class'}` }];
}

/** Conditions that the live version of an object never meets; Chronik does not write a name twice. */
function concernsOldVersions(condition: unknown): boolean {
  return (
    field(condition, 'isLive') === false ||
    ['numNewerVersions', 'daysSinceNoncurrentTime', 'noncurrentTimeBefore'].some(
      (name) => field(condition, name) !== undefined,
    )
  );
}

function texts(value: unknown): readonly string[] {
  return asArray(value).filter((item) => typeof item === 'string');
}
