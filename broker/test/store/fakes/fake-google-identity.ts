import { FakeServer } from './fake-server.ts';
import type { WireAnswer, WireRequest } from './fake-server.ts';

/**
 * Where Google gives out access tokens: the Security Token Service (RFC 8693, "Workload identity federation"), the impersonation of
 * a service account (IAM Credentials API, generateAccessToken), the token endpoint for keys of service accounts (RFC 7523) and the
 * metadata server. The n-th token is `TOKEN-n`.
 */
export class FakeGoogleIdentity extends FakeServer {
  /** The identity of the workload that is accepted. */
  accepted = 'identity-1';
  lifetimeSeconds = 3600;
  issued = 0;

  protected handle({ method, path, headers, body }: WireRequest): WireAnswer {
    if (method === 'POST' && path === '/v1/token') {
      const form = new URLSearchParams(body.toString());
      const known = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange';
      // RFC 8693, section 2.2.2, and RFC 6749, section 5.2: 400 with `error` and `error_description`.
      if (!known || form.get('subject_token') !== this.accepted) {
        return json(400, { error: 'invalid_grant', error_description: 'ID Token issued is stale to sign-in.' });
      }
      return json(200, { ...this.#token(), issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' });
    }
    if (method === 'POST' && path.endsWith(':generateAccessToken')) {
      if (headers['authorization'] !== `Bearer TOKEN-${this.issued}`) {
        return json(401, { error: { status: 'UNAUTHENTICATED' } });
      }
      const { access_token: accessToken } = this.#token();
      return json(200, { accessToken, expireTime: new Date(Date.now() + this.lifetimeSeconds * 1000).toISOString() });
    }
    // "About VM metadata": the header is needed, and is in the answer.
    if (headers['metadata-flavor'] !== 'Google') return { status: 403 };
    const flavor = { 'metadata-flavor': 'Google' };
    if (path === '/computeMetadata/v1/instance/service-accounts/default/token') {
      return { ...json(200, this.#token()), headers: { ...flavor, 'content-type': 'application/json' } };
    }
    return { status: 200, headers: flavor, body: 'fake' };
  }

  #token(): { readonly access_token: string; readonly expires_in: number; readonly token_type: string } {
    this.issued += 1;
    return { access_token: `TOKEN-${this.issued}`, expires_in: this.lifetimeSeconds, token_type: 'Bearer' };
  }
}

function json(status: number, body: object): WireAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
