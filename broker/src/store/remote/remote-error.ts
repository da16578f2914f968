import { ChronikError } from '../../edge/index.ts';
import { StoreError } from '../store-error.ts';
import type { StoreErrorKind } from '../store-error.ts';

/** One request, as far as its failure is concerned. */
export interface RemoteRequest {
  /** For messages, e.g. `create wal/1 in s3://bucket`. Holds no secret. */
  readonly what: string;
  /** True if the request changes the store: an answer that got lost leaves it open whether it did. */
  readonly changes: boolean;
}

/** A provider's refusal, reduced to what may be shown: SDK errors carry signed URLs and headers and are never passed on. */
export interface Refusal {
  /** The provider's error code, e.g. `AccessDenied`. */
  readonly code: string;
  readonly status: number | undefined;
  readonly text: string;
  readonly requestId: string | undefined;
}

/**
 * What a refusal means. `unclear`: nobody knows whether the request was carried out. `misplaced`: there is no such bucket,
 * or it is elsewhere; see BucketPresence.
 */
export interface Meaning {
  readonly kind: StoreErrorKind | 'unclear' | 'misplaced';
  readonly remedy?: string;
}

const LONGEST_TEXT = 300;
/** No connection, so nothing was sent. Not among them: EHOSTUNREACH and ETIMEDOUT, which an open connection can meet too. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** Of files with credentials. */
const LOCAL_FILE = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR']);
const CERTIFICATE_REFUSED = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_)/;
const NOT_TLS = /^(EPROTO|ERR_SSL_)/;
const UNTRUSTED =
  'The certificate of the store is not trusted: name its authority (OBJECT_STORE_CA_FILE), or correct the endpoint.';
const NO_TLS =
  'What listens at the endpoint does not speak TLS, or not as expected: check the port, and whether plain HTTP is meant.';
const NO_NETWORK = 'Check the endpoint and the network to the store; the request is repeated by itself.';

export function refusalError(request: RemoteRequest, refusal: Refusal, meaning: Meaning): StoreError {
  const { code, status, requestId } = refusal;
  const text = firstLine(refusal.text);
  const said = text === '' || text === code ? code : `${code}: ${text}`;
  return new StoreError(kindFor(request, meaning), `Cannot ${request.what}: ${said}`, {
    remedy: meaning.remedy ?? '',
    details: { code, status, requestId, ...(meaning.kind === 'misplaced' ? { misplaced: true } : {}) },
  });
}

/**
 * The meaning of a status whose error code is unknown or missing: a proxy or a load balancer answered, or a store that
 * has codes of its own. Never absence, never existence (10-storage §2: by code, not by status).
 */
export function meaningOfStatus(status: number | undefined): Meaning {
  if (status === 429) return { kind: 'throttled' };
  if (status === 401 || status === 403 || status === 407) {
    return { kind: 'denied', remedy: 'Check the credentials and their permissions.' };
  }
  return { kind: 'unclear', remedy: 'Check that the endpoint is the store itself, and what stands between.' };
}

/** A request that ended without an answer of the store: name resolution, connection, TLS, reset, truncation, abort. */
export function unansweredError(request: RemoteRequest, error: unknown): StoreError {
  const failure = systemFailure(error);
  const code = failure?.code ?? errorName(error);
  const neverSent = failure?.syscall === 'connect' || NEVER_CONNECTED.has(code);
  const untrusted = CERTIFICATE_REFUSED.test(code);
  const kind = neverSent || untrusted || !request.changes ? 'unavailable' : 'ambiguous';
  const remedy = untrusted ? UNTRUSTED : NOT_TLS.test(code) ? NO_TLS : NO_NETWORK;
  return new StoreError(kind, `Cannot ${request.what}: no answer (${code})`, { remedy, details: { code } });
}

/**
 * An error of our own as a StoreError; undefined for any other. A file of credentials that cannot be read while it is being
 * rotated is `denied`, and waited for.
 */
export function ownError(error: unknown): StoreError | undefined {
  if (error instanceof StoreError) return error;
  if (!(error instanceof ChronikError)) return undefined;
  const { message, remedy, details } = error;
  return new StoreError('denied', message, { remedy, details: { ...details, credentials: true } });
}

/** True for an error of the network, whatever an SDK wrapped around it. */
export function isNetworkError(error: unknown): boolean {
  const code = systemFailure(error)?.code;
  return code !== undefined && /^(E[A-Z]+|ERR_STREAM_PREMATURE_CLOSE)$/.test(code) && !LOCAL_FILE.has(code);
}

function kindFor(request: RemoteRequest, { kind }: Meaning): StoreErrorKind {
  if (kind === 'misplaced') return 'invalid';
  if (kind !== 'unclear') return kind;
  return request.changes ? 'ambiguous' : 'unavailable';
}

interface SystemFailure {
  readonly code: string;
  readonly syscall: string | undefined;
}

/** The system's error behind an SDK's: itself, or in its chain of causes. */
function systemFailure(error: unknown): SystemFailure | undefined {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(current.code)) {
      const syscall = 'syscall' in current && typeof current.syscall === 'string' ? current.syscall : undefined;
      const [first] = current instanceof AggregateError ? (current.errors as readonly unknown[]) : [];
      return { code: current.code, syscall: syscall ?? systemFailure(first)?.syscall };
    }
    current = current.cause;
  }
  return undefined;
}

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}...` : line;
}
