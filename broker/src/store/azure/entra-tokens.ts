import { ChronikError, sendHttp } from '../../edge/index.ts';
import type { Clock, HttpAgents, HttpReply } from '../../edge/index.ts';
import { unansweredError } from '../remote/remote-error.ts';
import { StoreError } from '../store-error.ts';
import type { AzureIdentity } from './azure-config.ts';

/** A token is fetched anew when less than this, or less than half of its life, is left of it. */
const MARGIN_MS = 5 * 60_000;
const TIMEOUT_MS = 10_000;
const RESOURCE = 'https://storage.azure.com/';

export interface EntraTokensOptions {
  readonly clock: Clock;
  /** For the authority; the metadata service of the machine is never behind a proxy. */
  readonly agents: HttpAgents;
  /** Reads the file with the federated token; rejects with a ChronikError. */
  readonly readFile: (path: string) => Promise<string>;
}

interface Token {
  readonly text: string;
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * Access tokens of Entra ID for Azure Storage: by exchange of a federated token ("OAuth 2.0 client credentials flow", third case) or
 * from the metadata service ("How to use managed identities on a VM"). One fetch at a time, whoever asks.
 */
export class EntraTokens {
  readonly #identity: AzureIdentity;
  readonly #options: EntraTokensOptions;
  #token: Token | undefined;
  #fetching: Promise<Token> | undefined;

  constructor(identity: AzureIdentity, options: EntraTokensOptions) {
    this.#identity = identity;
    this.#options = options;
  }

  /** Rejects with `denied` if the identity is refused, and with `unavailable` if nobody can say. */
  async get(): Promise<string> {
    const nowMs = this.#options.clock.monotonicMs();
    const token = this.#token;
    if (token !== undefined && nowMs < token.renewAtMs) return token.text;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    // What still counts is used while the next one is on its way, or while there is none to be had.
    if (token !== undefined && nowMs < token.expiresAtMs) {
      this.#fetching.catch(() => undefined);
      return token.text;
    }
    return (await this.#fetching).text;
  }

  /** The store refused the token: the next request fetches another. */
  forget(): void {
    this.#token = undefined;
  }

  async #fetch(): Promise<Token> {
    const from = sourceOf(this.#identity);
    const askedMs = this.#options.clock.monotonicMs();
    const reply = await this.#ask(from);
    const { access_token: text, expires_in: expiresIn } = fieldsOf(reply);
    const lifeMs = Number(expiresIn) * 1000;
    if (reply.status !== 200 || typeof text !== 'string' || Number.isNaN(lifeMs)) {
      throw refusal(from, reply, this.#identity);
    }
    this.#token = {
      text,
      renewAtMs: askedMs + lifeMs - Math.min(MARGIN_MS, lifeMs / 2),
      expiresAtMs: askedMs + lifeMs,
    };
    return this.#token;
  }

  async #ask(from: string): Promise<HttpReply> {
    const identity = this.#identity;
    try {
      switch (identity.kind) {
        case 'workload-identity': {
          const assertion = (await this.#options.readFile(identity.tokenFile)).trim();
          const body = new URLSearchParams({
            grant_type: 'client_credentials',
            client_id: identity.clientId,
            scope: `${RESOURCE}.default`,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: assertion,
          }).toString();
          const headers = {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(body.length),
          };
          return await sendHttp({
            method: 'POST',
            url: from,
            headers,
            body,
            agents: this.#options.agents,
            timeoutMs: TIMEOUT_MS,
          });
        }
        case 'managed-identity': {
          const query = new URLSearchParams({
            'api-version': '2018-02-01',
            resource: RESOURCE,
            ...(identity.clientId === undefined ? {} : { client_id: identity.clientId }),
          });
          return await sendHttp({
            method: 'GET',
            url: `${from}?${query.toString()}`,
            headers: { metadata: 'true' },
            timeoutMs: TIMEOUT_MS,
          });
        }
      }
    } catch (error) {
      if (error instanceof ChronikError) throw error;
      throw unansweredError({ what: `get an access token from ${from}`, changes: false }, error);
    }
  }
}

function sourceOf(identity: AzureIdentity): string {
  return identity.kind === 'workload-identity'
    ? `${identity.authority}/${identity.tenantId}/oauth2/v2.0/token`
    : `${identity.endpoint}/metadata/identity/oauth2/token`;
}

function fieldsOf({ body }: HttpReply): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Both say `error` and `error_description`; what is not refused in their words is an outage, or something in between. */
function refusal(from: string, reply: HttpReply, identity: AzureIdentity): StoreError {
  const { error: code, error_description: description } = fieldsOf(reply);
  const [line = ''] = (typeof description === 'string' ? description : '').split(/[\r\n]/);
  const said =
    typeof code === 'string' ? `${code}${line === '' ? '' : `: ${line.slice(0, 300)}`}` : `HTTP ${reply.status}`;
  const isRefused = typeof code === 'string' && reply.status >= 400 && reply.status < 500 && reply.status !== 429;
  const settings =
    identity.kind === 'workload-identity'
      ? 'AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE, and the federated credential of the application; a rotated file is read again by itself.'
      : 'whether this machine has a managed identity, and AZURE_CLIENT_ID if it has several.';
  return new StoreError(isRefused ? 'denied' : 'unavailable', `Cannot get an access token from ${from}: ${said}`, {
    remedy: isRefused ? `Check ${settings}` : 'The request is repeated by itself.',
    details: { code: said, status: reply.status, credentials: true },
  });
}
