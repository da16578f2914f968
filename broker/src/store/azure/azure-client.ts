import { AnonymousCredential, ContainerClient, StorageSharedKeyCredential, newPipeline } from '@azure/storage-blob';
import type { RequestPolicyFactory } from '@azure/storage-blob';
import type { HttpAgents } from '../../edge/index.ts';
import type { AzureStoreConfig } from './azure-config.ts';
import type { EntraTokens } from './entra-tokens.ts';

/** Sends every request through our own connections. */
function throughAgents(agents: HttpAgents): RequestPolicyFactory {
  return {
    create: (next) => ({
      sendRequest(request) {
        Object.assign(request, { agent: request.url.startsWith('https:') ? agents.https : agents.http });
        return next.sendRequest(request);
      },
    }),
  };
}

/** Sends a token with every request. The SDK's own policy for it answers challenges, and refuses endpoints that our settings judge. */
function withToken(tokens: EntraTokens): RequestPolicyFactory {
  return {
    create: (next) => ({
      async sendRequest(request) {
        request.headers.set('authorization', `Bearer ${await tokens.get()}`);
        return next.sendRequest(request);
      },
    }),
  };
}

export interface AzureSecrets {
  /** Contents of the file, if the signature is in one. */
  readonly sas: string | undefined;
  /** If the credentials are an identity. */
  readonly tokens: EntraTokens | undefined;
}

/** A client that sends every request once (rule 22). */
export function newAzureClient(
  { endpoint, account, container, credentials }: AzureStoreConfig,
  agents: HttpAgents,
  { sas, tokens }: AzureSecrets,
): ContainerClient {
  const base = `${endpoint ?? `https://${account}.blob.core.windows.net`}/${container}`;
  const credential =
    credentials.kind === 'account-key'
      ? new StorageSharedKeyCredential(account, credentials.key)
      : new AnonymousCredential();
  const signature = credentials.kind === 'sas' ? credentials.token : sas;
  const pipeline = newPipeline(credential, { retryOptions: { maxTries: 1 } });
  if (tokens !== undefined) pipeline.factories.push(withToken(tokens));
  pipeline.factories.push(throughAgents(agents));
  return new ContainerClient(
    signature === undefined ? base : `${base}?${signature.trim().replace(/^\?/, '')}`,
    pipeline,
  );
}
