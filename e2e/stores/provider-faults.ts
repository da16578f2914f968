import type { ProxyAnswer, ProxyFault } from './fault-proxy.ts';

/** What one provider says, by its documentation, when it does not do what it was asked. */
export interface ProviderFaults {
  /** "Too fast": nothing was done. */
  readonly throttled: ProxyFault;
  /** Failures, each with the provider's own error code, or without an answer of the provider at all. */
  readonly anyRequest: readonly ProxyFault[];
  /** Only to creates. */
  readonly creates: readonly ProxyFault[];
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
  }),
  gcs: withCommon({
    throttled: before(gcs(503, 'backendError')),
    anyRequest: [before(gcs(429, 'rateLimitExceeded')), after(gcs(500, 'backendError'))],
    creates: [before(gcs(409, 'conflict')), after(gcs(412, 'conditionNotMet'))],
  }),
  azure: withCommon({
    throttled: before(azure(503, 'ServerBusy')),
    anyRequest: [after(azure(500, 'InternalError')), after(azure(500, 'OperationTimedOut'))],
    creates: [after(azure(409, 'BlobAlreadyExists')), after(azure(412, 'ConditionNotMet'))],
  }),
};

function withCommon({ throttled, anyRequest, creates }: ProviderFaults): ProviderFaults {
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
