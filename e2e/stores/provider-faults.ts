import type { ProxyAnswer, ProxyFault } from './fault-proxy.ts';

/** What one provider says, by its documentation, when it does not do what it was asked. */
export interface ProviderFaults {
  /** "Too fast": nothing was done. */
  readonly throttled: ProxyFault;
  /** Failures, each with the provider's own error code, or without an answer of the provider at all. */
  readonly anyRequest: readonly ProxyFault[];
  /** Only to creates. */
  readonly creates: readonly ProxyFault[];
  /** Refusals that last until somebody does something; the broker waits and says them in the provider's words. */
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  readonly day: string;
  readonly fault: ProxyFault;
  /** What the status must say of it: code, the provider's word, what to do. */
  readonly told: RegExp;
}

/** By value of OBJECT_STORE_BACKEND. */
export const PROVIDER_FAULTS: Readonly<Record<string, ProviderFaults>> = {
  s3: withCommon({
    throttled: before(s3(503, 'SlowDown')),
    anyRequest: [
      before(s3(429, 'TooManyRequests')),
      after(s3(500, 'InternalError')),
      before(s3(503, 'ServiceUnavailable')),
    ],
    // 409: a racing request, proves nothing. 412 after the store acted: a gateway on the way has repeated the request.
    creates: [before(s3(409, 'ConditionalRequestConflict')), after(s3(412, 'PreconditionFailed'))],
    refusals: [
      {
        day: 'expired token',
        fault: before(s3(400, 'ExpiredToken')),
        told: /STORE_DENIED.*ExpiredToken.*session token/s,
      },
      {
        day: 'permission withdrawn',
        fault: before(s3(403, 'AccessDenied')),
        told: /STORE_DENIED.*AccessDenied.*s3:PutObject/s,
      },
      { day: 'skewed clock', fault: before(s3(403, 'RequestTimeTooSkewed')), told: /STORE_DENIED.*TooSkewed.*clock/s },
      {
        day: 'bucket deleted',
        fault: before(s3(404, 'NoSuchBucket')),
        told: /STORE_UNAVAILABLE.*NoSuchBucket.*S3_BUCKET/s,
      },
      { day: 'quota', fault: before(s3(507, 'XMinioStorageFull')), told: /STORE_FULL.*StorageFull.*quota/s },
    ],
  }),
  gcs: withCommon({
    throttled: before(gcs(503, 'backendError')),
    anyRequest: [before(gcs(429, 'rateLimitExceeded')), after(gcs(500, 'backendError'))],
    creates: [before(gcs(409, 'conflict')), after(gcs(412, 'conditionNotMet'))],
    refusals: [
      {
        day: 'expired token',
        fault: before(gcs(401, 'authError')),
        told: /STORE_DENIED.*authError.*GCS_CREDENTIALS_FILE/s,
      },
      {
        day: 'permission withdrawn',
        fault: before(gcs(403, 'forbidden')),
        told: /STORE_DENIED.*forbidden.*storage\.objects/s,
      },
      { day: 'bucket deleted', fault: before(gcs(404, 'notFound')), told: /STORE_UNAVAILABLE.*notFound.*GCS_BUCKET/s },
      { day: 'quota', fault: before(gcs(403, 'quotaExceeded')), told: /STORE_THROTTLED.*quotaExceeded/s },
    ],
  }),
  azure: withCommon({
    throttled: before(azure(503, 'ServerBusy')),
    anyRequest: [after(azure(500, 'InternalError')), after(azure(500, 'OperationTimedOut'))],
    creates: [after(azure(409, 'BlobAlreadyExists')), after(azure(412, 'ConditionNotMet'))],
    refusals: [
      {
        day: 'expired token',
        fault: before(azure(401, 'InvalidAuthenticationInfo')),
        told: /STORE_DENIED.*InvalidAuthenticationInfo.*AZURE_SAS_FILE/s,
      },
      {
        day: 'permission withdrawn',
        fault: before(azure(403, 'AuthorizationPermissionMismatch')),
        told: /STORE_DENIED.*AuthorizationPermissionMismatch.*permission/s,
      },
      {
        day: 'skewed clock',
        fault: before(azure(403, 'AuthenticationFailed')),
        told: /STORE_DENIED.*AuthenticationFailed/s,
      },
      {
        day: 'container deleted',
        fault: before(azure(404, 'ContainerNotFound')),
        told: /STORE_UNAVAILABLE.*ContainerNotFound.*AZURE_CONTAINER/s,
      },
      {
        day: 'account disabled',
        fault: before(azure(403, 'AccountIsDisabled')),
        told: /STORE_DENIED.*AccountIsDisabled/s,
      },
    ],
  }),
};

function withCommon({ throttled, anyRequest, creates, refusals }: ProviderFaults): ProviderFaults {
  const page = { status: 502, headers: { 'content-type': 'text/html' }, body: Buffer.from('<h1>Bad Gateway</h1>') };
  return {
    throttled,
    anyRequest: [
      throttled,
      ...anyRequest,
      { kind: 'reset-before' },
      { kind: 'reset-after' },
      { kind: 'truncated' },
      after(page),
    ],
    creates,
    refusals,
  };
}

function before(answer: ProxyAnswer): ProxyFault {
  return { kind: 'answer-before', answer };
}

function after(answer: ProxyAnswer): ProxyFault {
  return { kind: 'answer-after', answer };
}

function s3(status: number, code: string): ProxyAnswer {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>injected</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
}

function gcs(status: number, reason: string): ProxyAnswer {
  const error = { code: status, message: 'injected', errors: [{ domain: 'global', reason, message: 'injected' }] };
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ error })) };
}

function azure(status: number, code: string): ProxyAnswer {
  const text = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>injected</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml', 'x-ms-error-code': code }, body: Buffer.from(text) };
}
