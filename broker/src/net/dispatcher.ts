import { ChronikError } from '../edge/index.ts';
import {
  type ApiName,
  type RequestOf,
  type ResponseInput,
  apiNamed,
  decodeRequest,
  decodeRequestHeader,
  encodeResponse,
} from '../kafka/index.ts';

/** The connection that a request came on, as handlers see it. */
export interface Peer {
  /** Unique within the process. */
  readonly id: number;
  /** Address of the client without its port. */
  readonly host: string;
  /** What to do when the connection ends while a request waits. */
  readonly onClosed: Set<() => void>;
}

export interface RequestContext {
  readonly apiVersion: number;
  readonly clientId: string | null;
  readonly peer: Peer;
}

/** The request gets no response (Produce with acks=0). */
export const NO_RESPONSE = Symbol('no response');
/** The connection ends instead of a response: all that Kafka can tell a client that expects none. */
export const HANG_UP = Symbol('hang up');

export type Answer<N extends ApiName> = ResponseInput<N> | typeof NO_RESPONSE | typeof HANG_UP;

/** Answers one request; as a promise only if it has to wait. */
export type Handler<N extends ApiName> = (
  request: RequestOf<N>,
  context: RequestContext,
) => Answer<N> | Promise<Answer<N>>;

/** An API as it is served. What is not in the table is neither served nor advertised. */
export interface ServedApi<N extends ApiName = ApiName> {
  readonly name: N;
  readonly key: number;
  /** Versions that ApiVersions tells. */
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly handle: Handler<N>;
}

/** Serves all versions that the schema has, or the ones given. */
export function serve<N extends ApiName>(
  name: N,
  handle: Handler<N>,
  versions: { readonly min?: number; readonly max?: number } = {},
): ServedApi<N> {
  const { key, minVersion, maxVersion } = apiNamed(name);
  return { name, key, minVersion: versions.min ?? minVersion, maxVersion: versions.max ?? maxVersion, handle };
}

/** The chunks to send; nothing; or the end of the connection. */
export type Reply = Buffer[] | typeof NO_RESPONSE | typeof HANG_UP;

/** A request that is none: its connection ends. */
export class RequestError extends ChronikError {
  constructor(apiKey: number, apiVersion: number) {
    super('UNSUPPORTED_REQUEST', `Version ${apiVersion} of API ${apiKey} is not served`, {
      remedy: 'Use a client that asks for ApiVersions and keeps to the answer.',
      details: { apiKey, apiVersion },
    });
  }
}

const API_VERSIONS_KEY = 18;

/** Decodes requests, has them answered and encodes the answers. */
export class Dispatcher {
  readonly #served: ReadonlyMap<number, ServedApi>;
  readonly #unknownApiVersions: () => ResponseInput<'ApiVersions'>;

  /** `unknownApiVersions`: the version 0 body for an ApiVersions request whose version is not served (KIP-511). */
  constructor(served: ReadonlyMap<number, ServedApi>, unknownApiVersions: () => ResponseInput<'ApiVersions'>) {
    this.#served = served;
    this.#unknownApiVersions = unknownApiVersions;
  }

  /** Throws KafkaCodecError or RequestError for what cannot be answered; the promise rejects with what a handler throws. */
  dispatch(payload: Buffer, peer: Peer): Reply | Promise<Reply> {
    const header = decodeRequestHeader(payload);
    const { apiKey, apiVersion, correlationId } = header;
    const served = this.#served.get(apiKey);
    if (served === undefined || apiVersion < served.minVersion || apiVersion > served.maxVersion) {
      if (apiKey !== API_VERSIONS_KEY) throw new RequestError(apiKey, apiVersion);
      return encodeResponse(API_VERSIONS_KEY, 0, correlationId, this.#unknownApiVersions());
    }
    const request = decodeRequest(apiKey, apiVersion, header.reader);
    const context: RequestContext = { apiVersion, clientId: header.clientId, peer };
    // The table pairs each key with the handler of its own request type.
    const answer = (served.handle as Handler<'ApiVersions'>)(request as RequestOf<'ApiVersions'>, context);
    if (answer instanceof Promise) {
      return answer.then((late) => encodeAnswer(apiKey, apiVersion, correlationId, late));
    }
    return encodeAnswer(apiKey, apiVersion, correlationId, answer);
  }
}

function encodeAnswer(apiKey: number, apiVersion: number, correlationId: number, answer: Answer<'ApiVersions'>): Reply {
  if (answer === NO_RESPONSE || answer === HANG_UP) return answer;
  return encodeResponse(apiKey as typeof API_VERSIONS_KEY, apiVersion, correlationId, answer);
}
