import { AwsClient, IdentityPoolClient, JWT, PassThroughClient } from 'google-auth-library';
import type { AuthClient, AwsClientOptions, IdentityPoolClientOptions } from 'google-auth-library';
import { ChronikError } from '../../edge/index.ts';
import { field, parseJson } from './gcs-json.ts';
import type { GcsCredentials } from './gcs-config.ts';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';

/**
 * The client that signs requests; undefined = Google's default credentials. Of files only the two kinds are taken that a
 * server has: the key of a service account, and the configuration of an external account.
 */
export async function authClientFor(
  credentials: GcsCredentials,
  readFile: (path: string) => Promise<string>,
  transporterOptions: NonNullable<ConstructorParameters<typeof PassThroughClient>[0]>['transporterOptions'],
): Promise<AuthClient | undefined> {
  const transport = transporterOptions === undefined ? {} : { transporterOptions };
  switch (credentials.kind) {
    case 'default':
      return undefined;
    case 'none':
      return new PassThroughClient(transport);
    case 'file':
      return fromJson(parseJson(Buffer.from(await readFile(credentials.path))), credentials.path, transport);
  }
}

function fromJson(json: unknown, path: string, transport: object): AuthClient {
  const type = field(json, 'type');
  if (type === 'service_account') {
    const [email, key, keyId] = [
      field(json, 'client_email'),
      field(json, 'private_key'),
      field(json, 'private_key_id'),
    ];
    if (typeof email === 'string' && typeof key === 'string') {
      return new JWT({ ...transport, email, key, scopes: SCOPE, ...(typeof keyId === 'string' ? { keyId } : {}) });
    }
  }
  if (type === 'external_account') {
    const client = externalAccount(json as object, transport);
    if (client !== undefined) return client;
  }
  throw new ChronikError('SETTING_INVALID', `GCS_CREDENTIALS_FILE: ${path} holds no credentials that can be used`, {
    remedy:
      'Use the JSON key of a service account, or the configuration of a workload identity federation whose token comes from a file, a URL or AWS (executables are not run).',
    details: { path },
  });
}

/** Undefined: a source that is none of those which a server has. */
function externalAccount(json: object, transport: object): AuthClient | undefined {
  const source = field(json, 'credential_source');
  const options = { ...json, ...transport, scopes: [SCOPE] };
  const isAws = field(source, 'environment_id') !== undefined;
  if (!isAws && field(source, 'file') === undefined && field(source, 'url') === undefined) return undefined;
  const client = isAws
    ? new AwsClient(options as unknown as AwsClientOptions)
    : new IdentityPoolClient(options as unknown as IdentityPoolClientOptions);
  // The exchange of tokens has a transport of its own there, which knows nothing of our proxy and certificate authorities.
  Object.assign(client['stsCredential'], { transporter: client.transporter });
  return client;
}
