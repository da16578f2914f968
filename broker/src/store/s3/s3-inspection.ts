import { GetBucketLifecycleConfigurationCommand, GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import type { LifecycleRule as S3Rule, S3Client, Transition } from '@aws-sdk/client-s3';
import { parseDateHeader } from '../bucket-inspection.ts';
import type { BucketInspection, LifecycleRule, Told } from '../bucket-inspection.ts';
import type { CallOptions } from '../object-store.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import { s3Code, s3Error } from './s3-errors.ts';

/** Classes whose objects must be restored before they can be read (API reference, RestoreObject). */
const ARCHIVES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);
/** What stores say that do not have the request at all. */
const NOT_OFFERED: ReadonlySet<string> = new Set(['NotImplemented', 'MethodNotAllowed']);

/** Asks for versioning, lifecycle rules and the time. Rejects if the store does not answer; a refusal is an answer. */
export async function inspectS3Bucket(
  client: S3Client,
  bucket: string,
  request: RemoteRequest,
  options: CallOptions | undefined,
): Promise<BucketInspection> {
  const sending = options?.signal === undefined ? {} : { abortSignal: options.signal };
  let storeTimeMs: number | undefined;
  const versioning = await told(request, 's3:GetBucketVersioning', async () => {
    const command = new GetBucketVersioningCommand({ Bucket: bucket });
    // Between the SDK's deserializer and the wire: it sees the answer also when it is a refusal.
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
        storeTimeMs = parseDateHeader(headers?.['date']);
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'chronikStoreTime' },
    );
    const { Status: status } = await client.send(command, sending);
    return status === 'Enabled' ? 'on' : status === 'Suspended' ? 'suspended' : 'off';
  });
  const lifecycle = await told(request, 's3:GetLifecycleConfiguration', async () => {
    try {
      const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
      return ((await client.send(command, sending)).Rules ?? []).flatMap(rulesOf);
    } catch (error) {
      if (s3Code(error) === 'NoSuchLifecycleConfiguration') return [];
      throw error;
    }
  });
  return { storeTimeMs, versioning, lifecycle };
}

async function told<T>(request: RemoteRequest, permission: string, ask: () => Promise<T>): Promise<Told<T>> {
  try {
    return { isKnown: true, value: await ask() };
  } catch (error) {
    if (NOT_OFFERED.has(s3Code(error) ?? '')) return { isKnown: false, why: 'this store does not say it' };
    const mapped = s3Error(error, request);
    if (mapped.kind === 'denied') return { isKnown: false, why: `${permission} is not allowed` };
    throw mapped;
  }
}

/** What a rule does to the latest versions; to older ones, which Chronik never reads, it may do what it likes. */
function rulesOf(rule: S3Rule): readonly LifecycleRule[] {
  // Objects of Chronik have no tags.
  if (rule.Status !== 'Enabled' || rule.Filter?.Tag !== undefined || (rule.Filter?.And?.Tags ?? []).length > 0) {
    return [];
  }
  // `Prefix` beside the filter is the old form, which is still answered for old configurations.
  const prefix = rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? legacyPrefix(rule) ?? '';
  const shared = { id: rule.ID ?? 'unnamed', prefixes: prefix === '' ? [] : [prefix], suffixes: [] };
  const { Days: days, Date: date } = rule.Expiration ?? {};
  const expires = days !== undefined || date !== undefined;
  const transitions = (rule.Transitions ?? []).map((transition) => ({
    ...shared,
    effect: ARCHIVES.has(transition.StorageClass ?? '') ? ('archives' as const) : ('tiers' as const),
    text: `${when(transition)} to ${transition.StorageClass ?? 'another class'}`,
  }));
  return expires
    ? [...transitions, { ...shared, effect: 'deletes', text: when({ Days: days, Date: date }) }]
    : transitions;
}

function legacyPrefix(rule: object): string | undefined {
  return 'Prefix' in rule && typeof rule.Prefix === 'string' ? rule.Prefix : undefined;
}

function when({ Days: days, Date: date }: Pick<Transition, 'Days' | 'Date'>): string {
  return date === undefined ? `after ${days ?? 0} days` : `on ${date.toISOString().slice(0, 10)}`;
}
