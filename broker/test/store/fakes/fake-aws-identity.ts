import { FakeServer } from './fake-server.ts';
import type { WireAnswer, WireRequest } from './fake-server.ts';

export const FAKE_ROLE = 'arn:aws:iam::111122223333:role/broker';

/**
 * Where AWS gives out temporary credentials: STS (API reference, AssumeRoleWithWebIdentity), the endpoint of containers ("Container
 * credential provider") and the instance metadata service, version 2. The n-th credentials are `KEY-n` with the token `SESSION-n`.
 */
export class FakeAwsIdentity extends FakeServer {
  /** The web identity (STS) or the authorization (container) that is accepted. */
  accepted = 'identity-1';
  /** How long credentials live, from their issue. */
  lifetimeMs = 3_600_000;
  issued = 0;

  protected handle(request: WireRequest): WireAnswer {
    const { method, path, headers } = request;
    if (method === 'POST' && path === '/') return this.#assumeRole(new URLSearchParams(request.body.toString()));
    if (path === '/container') {
      return headers['authorization'] === this.accepted ? this.#json() : { status: 401, body: '{"message":"no"}' };
    }
    // "Use IMDSv2": a token is fetched with PUT, and needed for everything else.
    if (method === 'PUT' && path === '/latest/api/token') return { status: 200, body: 'imds-token' };
    if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return { status: 401 };
    if (path === '/latest/meta-data/iam/security-credentials/') return { status: 200, body: 'broker' };
    if (path === '/latest/meta-data/iam/security-credentials/broker') return this.#json();
    return { status: 404 };
  }

  #assumeRole(form: URLSearchParams): WireAnswer {
    // "Errors": InvalidIdentityToken, 400: the token is malformed, or of another provider.
    if (form.get('Action') !== 'AssumeRoleWithWebIdentity' || form.get('WebIdentityToken') !== this.accepted) {
      return stsRefusal(400, 'InvalidIdentityToken', 'Incorrect token');
    }
    if (form.get('RoleArn') !== FAKE_ROLE) {
      return stsRefusal(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
    }
    const { key, secret, token, expires } = this.#issue();
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body:
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>' +
        `<Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey>` +
        `<SessionToken>${token}</SessionToken><Expiration>${expires}</Expiration></Credentials>` +
        '</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>',
    };
  }

  #json(): WireAnswer {
    const { key, secret, token, expires } = this.#issue();
    const credentials = {
      Code: 'Success',
      AccessKeyId: key,
      SecretAccessKey: secret,
      Token: token,
      Expiration: expires,
    };
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(credentials) };
  }

  #issue(): Readonly<Record<'key' | 'secret' | 'token' | 'expires', string>> {
    this.issued += 1;
    return {
      key: `KEY-${this.issued}`,
      secret: 'hidden-secret',
      token: `SESSION-${this.issued}`,
      expires: new Date(Date.now() + this.lifetimeMs).toISOString(),
    };
  }
}

export function stsRefusal(status: number, code: string, message: string): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>R1</RequestId></ErrorResponse>`,
  };
}
