import { FakeServer } from './fake-server.ts';
import type { WireAnswer, WireRequest } from './fake-server.ts';

export const FAKE_TENANT = 'tenant-1';
export const FAKE_CLIENT = 'client-1';

/**
 * Where Azure gives out access tokens: the token endpoint of Entra ID ("OAuth 2.0 client credentials flow", access token request with
 * a federated credential) and the metadata service ("Managed identities: get a token using HTTP"). The n-th token is `TOKEN-n`.
 */
export class FakeEntra extends FakeServer {
  /** The token of the cluster that is accepted. */
  accepted = 'identity-1';
  lifetimeSeconds = 3600;
  issued = 0;

  protected handle({ method, path, query, headers, body }: WireRequest): WireAnswer {
    if (method === 'POST' && path === `/${FAKE_TENANT}/oauth2/v2.0/token`) {
      const form = new URLSearchParams(body.toString());
      const isComplete =
        form.get('grant_type') === 'client_credentials' &&
        form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
        form.get('scope') === 'https://storage.azure.com/.default';
      if (!isComplete) {
        return json(400, { error: 'invalid_request', error_description: 'AADSTS900144: The request body is wrong.' });
      }
      // "Error codes": unauthorized_client for an application that the tenant does not have, invalid_client for its credential.
      if (form.get('client_id') !== FAKE_CLIENT) {
        return json(400, {
          error: 'unauthorized_client',
          error_description: 'AADSTS700016: Application was not found.',
        });
      }
      if (form.get('client_assertion') !== this.accepted) {
        const text = 'AADSTS700024: Client assertion is not within its valid time range.\r\nTrace ID: 1';
        return json(401, { error: 'invalid_client', error_description: text });
      }
      return json(200, { token_type: 'Bearer', expires_in: this.lifetimeSeconds, access_token: this.#issue() });
    }
    if (method === 'GET' && path === '/metadata/identity/oauth2/token') {
      // "Metadata: true" keeps out requests that somebody was tricked into.
      if (headers['metadata'] !== 'true' || query.get('resource') !== 'https://storage.azure.com/') {
        return json(400, { error: 'bad_request_102', error_description: 'Required metadata header not specified' });
      }
      if ((query.get('client_id') ?? FAKE_CLIENT) !== FAKE_CLIENT) {
        return json(400, { error: 'invalid_request', error_description: 'Identity not found' });
      }
      // Numbers are text here.
      return json(200, { access_token: this.#issue(), expires_in: String(this.lifetimeSeconds), token_type: 'Bearer' });
    }
    return json(404, { error: 'not_found' });
  }

  #issue(): string {
    this.issued += 1;
    return `TOKEN-${this.issued}`;
  }
}

function json(status: number, body: object): WireAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
