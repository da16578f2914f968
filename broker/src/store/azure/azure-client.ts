import { AnonymousCredential, ContainerClient, StorageSharedKeyCredential, newPipeline } from '@azure/storage-blob';
import type { RequestPolicyFactory } from '@azure/storage-blob';
import type { HttpAgents } from '../../edge/index.ts';
import type { AzureStoreConfig } from './azure-config.ts';

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

/** A client that sends every request once (rule 22). `sas`: contents of the file, if the credentials are in one. */
export function newAzureClient(
  { endpoint, account, container, credentials }: AzureStoreConfig,
  agents: HttpAgents,
  sas: string | undefined,
): ContainerClient {
  const base = `${endpoint ?? `https://${account}.blob.core.windows.net`}/${container}`;
  const credential =
    credentials.kind === 'account-key'
      ? new StorageSharedKeyCredential(account, credentials.key)
      : new AnonymousCredential();
  const signature = credentials.kind === 'sas' ? credentials.token : sas;
  const pipeline = newPipeline(credential, { retryOptions: { maxTries: 1 } });
  pipeline.factories.push(throughAgents(agents));
  return new ContainerClient(
    signature === undefined ? base : `${base}?${signature.trim().replace(/^\?/, '')}`,
    pipeline,
  );
}
