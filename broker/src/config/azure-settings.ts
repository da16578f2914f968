import { ChronikError } from '../edge/index.ts';
import type { AzureCredentials, AzureEncryption, AzureStoreConfig } from '../store/index.ts';
import { endpointText, readBucket, readCommon, readUrl, refuseSeveral, refuseWithout } from './connection-settings.ts';
import type { SettingReader } from './setting.ts';
import { storeSettings as table } from './store-setting-table.ts';

/** Of every machine in Azure; link-local, so plain HTTP. */
const METADATA_SERVICE = 'http://169.254.169.254';

interface AzureAccount {
  readonly account: string;
  readonly endpoint: string;
  readonly credentials: AzureCredentials;
}

/** Reads the AZURE_ settings of one store. */
export function readAzure(name: string, reader: SettingReader): AzureStoreConfig {
  return {
    name,
    backend: 'azure',
    container: readBucket(reader, table.azureContainer),
    ...(reader.isSet(table.azureConnectionString) ? parseConnectionString(reader) : readAccount(reader)),
    encryption: readEncryption(reader),
    accessTier: reader.optionalChoice(table.azureAccessTier, table.azureAccessTier.type.values),
    ...readCommon(reader, table.azurePrefix),
  };
}

function readAccount(reader: SettingReader): AzureAccount {
  const account = reader.text(table.azureAccountName);
  if (!/^[a-z0-9]{3,24}$/.test(account)) {
    throw reader.badValue(table.azureAccountName, account, 'the name of an account');
  }
  const url = readUrl(reader, table.azureEndpoint, 'https');
  const endpoint = url === undefined ? `https://${account}.blob.core.windows.net` : endpointText(url);
  const credentials = readCredentials(reader);
  if (
    (credentials.kind === 'workload-identity' || credentials.kind === 'managed-identity') &&
    url?.protocol === 'http:'
  ) {
    throw reader.badValue(
      table.azureEndpoint,
      url.href,
      'https://, and tokens of an identity are not sent over plain HTTP',
    );
  }
  return { account, endpoint, credentials };
}

function readCredentials(reader: SettingReader): AzureCredentials {
  const managed = reader.switch(table.azureManagedIdentity);
  refuseSeveral(reader, [
    table.azureAccountKey,
    table.azureSasToken,
    table.azureSasFile,
    table.azureFederatedTokenFile,
    ...(managed ? [table.azureManagedIdentity] : []),
  ]);
  const token = reader.optionalText(table.azureSasToken);
  if (token !== undefined) return { kind: 'sas', token };
  const path = reader.optionalText(table.azureSasFile);
  if (path !== undefined) return { kind: 'sas-file', path };
  if (reader.isSet(table.azureAccountKey)) return { kind: 'account-key', key: reader.text(table.azureAccountKey) };
  if (managed) {
    return { kind: 'managed-identity', endpoint: METADATA_SERVICE, clientId: reader.optionalText(table.azureClientId) };
  }
  if (reader.isSet(table.azureFederatedTokenFile)) return readWorkloadIdentity(reader);
  const others = [table.azureSasToken, table.azureSasFile, table.azureConnectionString, table.azureFederatedTokenFile];
  throw new ChronikError(
    'SETTING_MISSING',
    `${reader.nameOf(table.azureAccountKey)} is not set, nor ${others.map(({ env }) => env).join(', ')} or ${table.azureManagedIdentity.env}`,
    { remedy: 'Set one of them.' },
  );
}

function readWorkloadIdentity(reader: SettingReader): AzureCredentials {
  const authority = readUrl(reader, table.azureAuthorityHost, 'https');
  if (authority?.protocol !== 'https:') {
    throw reader.badValue(table.azureAuthorityHost, authority?.href ?? '', 'a URL that starts with https://');
  }
  return {
    kind: 'workload-identity',
    authority: endpointText(authority),
    tenantId: reader.text(table.azureTenantId),
    clientId: reader.text(table.azureClientId),
    tokenFile: reader.text(table.azureFederatedTokenFile),
  };
}

/** `Name=value;Name=value`, as Azure's portal shows it. No part of it is ever shown: it holds the key. */
function parseConnectionString(reader: SettingReader): AzureAccount {
  for (const setting of [
    table.azureEndpoint,
    table.azureAccountKey,
    table.azureSasToken,
    table.azureSasFile,
    table.azureFederatedTokenFile,
  ]) {
    refuseWithout(reader, setting, `${reader.nameOf(table.azureConnectionString)} says it already`);
  }
  const fields = new Map<string, string>();
  for (const part of reader.text(table.azureConnectionString).split(';')) {
    const middle = part.indexOf('=');
    if (middle > 0) fields.set(part.slice(0, middle).trim(), part.slice(middle + 1).trim());
  }
  const account = fields.get('AccountName') ?? reader.optionalText(table.azureAccountName);
  const scheme = fields.get('DefaultEndpointsProtocol') ?? 'https';
  const suffix = fields.get('EndpointSuffix') ?? 'core.windows.net';
  const url = URL.parse(fields.get('BlobEndpoint') ?? `${scheme}://${account ?? ''}.blob.${suffix}`);
  const key = fields.get('AccountKey');
  const token = fields.get('SharedAccessSignature');
  if (account === undefined || url === null || !/^https?:$/.test(url.protocol) || (key ?? token) === undefined) {
    throw reader.badValue(
      table.azureConnectionString,
      '',
      'complete: it needs AccountName, and AccountKey or SharedAccessSignature',
    );
  }
  const said = reader.optionalText(table.azureAccountName);
  if (said !== undefined && said !== account) {
    refuseWithout(
      reader,
      table.azureAccountName,
      `${reader.nameOf(table.azureConnectionString)} is of another account`,
    );
  }
  const credentials: AzureCredentials =
    key === undefined ? { kind: 'sas', token: token ?? '' } : { kind: 'account-key', key };
  return { account, endpoint: endpointText(url), credentials };
}

function readEncryption(reader: SettingReader): AzureEncryption {
  refuseSeveral(reader, [table.azureEncryptionScope, table.azureCustomerKeyFile]);
  const scope = reader.optionalText(table.azureEncryptionScope);
  if (scope !== undefined) return { kind: 'scope', name: scope };
  const keyFile = reader.optionalText(table.azureCustomerKeyFile);
  return keyFile === undefined ? { kind: 'account-default' } : { kind: 'customer-key', keyFile };
}
