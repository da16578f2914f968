import type { Setting } from './setting.ts';

/** Settings of one store; those of a replica have a prefix of its own before them. */
export const storeSettings = {
  objectStoreBackend: {
    env: 'OBJECT_STORE_BACKEND',
    type: { kind: 'choice', values: ['local', 's3', 'gcs', 'azure'] },
    meaning: 'Where the bucket is. Without it: local, a directory on this machine.',
  },
  objectStoreCaFile: {
    env: 'OBJECT_STORE_CA_FILE',
    type: { kind: 'text' },
    meaning: 'PEM file with the certificate authorities to trust for this store, instead of the usual ones.',
  },
  objectStoreProxy: {
    env: 'OBJECT_STORE_PROXY',
    type: { kind: 'text' },
    secret: true,
    meaning: 'URL of an HTTP proxy on the way to this store, e.g. http://proxy.example:3128.',
  },
  localStoragePath: {
    env: 'LOCAL_STORAGE_PATH',
    type: { kind: 'text' },
    default: './bucket',
    meaning:
      'Directory that plays the bucket when the backend is local. Must not lie inside the data directory, nor around it.',
  },
  s3Region: {
    env: 'S3_REGION',
    type: { kind: 'text' },
    meaning: 'Region of the bucket. Without it, and with S3_ENDPOINT: us-east-1.',
  },
  s3Bucket: { env: 'S3_BUCKET', type: { kind: 'text' }, meaning: 'Name of the bucket.' },
  s3Prefix: {
    env: 'S3_PREFIX',
    type: { kind: 'text' },
    meaning: 'Prefix of all names in the bucket. Without it: the whole bucket belongs to this cluster.',
  },
  s3AccessKey: {
    env: 'S3_ACCESS_KEY',
    type: { kind: 'text' },
    meaning:
      'Id of the access key. Without it and S3_PROFILE: environment, shared files, web identity, role, as AWS does.',
  },
  s3SecretKey: { env: 'S3_SECRET_KEY', type: { kind: 'text' }, secret: true, meaning: 'Secret of the access key.' },
  s3SessionToken: {
    env: 'S3_SESSION_TOKEN',
    type: { kind: 'text' },
    secret: true,
    meaning: 'Session token of a temporary access key.',
  },
  s3Profile: {
    env: 'S3_PROFILE',
    type: { kind: 'text' },
    meaning: "Profile of AWS's shared files; the files are read again when the store refuses what they held.",
  },
  s3Endpoint: {
    env: 'S3_ENDPOINT',
    type: { kind: 'text' },
    meaning: 'URL or HOST:PORT of a store that speaks S3. Without it: Amazon, in S3_REGION.',
  },
  s3PathStyle: {
    env: 'S3_PATH_STYLE',
    type: { kind: 'switch' },
    meaning:
      'true: the bucket is part of the path, false: of the host name. Without it: true if S3_ENDPOINT is set, else false.',
  },
  s3DisableSsl: {
    env: 'S3_DISABLE_SSL',
    type: { kind: 'switch' },
    default: 'false',
    meaning: 'Talk plain HTTP to S3_ENDPOINT. Nothing else makes Chronik do that.',
  },
  s3Sse: {
    env: 'S3_SSE',
    type: { kind: 'choice', values: ['default', 'AES256', 'aws:kms', 'customer'] },
    default: 'default',
    meaning:
      'Encryption by the store: default (what the bucket does by itself), AES256 (SSE-S3), aws:kms (SSE-KMS) or customer (SSE-C). Verified with every answer.',
  },
  s3SseKmsKeyId: {
    env: 'S3_SSE_KMS_KEY_ID',
    type: { kind: 'text' },
    meaning: "Key for S3_SSE=aws:kms. Without it: the account's own key for S3.",
  },
  s3SseCustomerKeyFile: {
    env: 'S3_SSE_CUSTOMER_KEY_FILE',
    type: { kind: 'text' },
    meaning: 'File with the key for S3_SSE=customer: 32 bytes in base64. Lost key, lost bucket.',
  },
  s3StorageClass: {
    env: 'S3_STORAGE_CLASS',
    type: {
      kind: 'choice',
      values: ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'REDUCED_REDUNDANCY'],
    },
    meaning: 'Storage class of new objects. The archives are not among them: their objects cannot be read at once.',
  },
  gcsBucket: { env: 'GCS_BUCKET', type: { kind: 'text' }, meaning: 'Name of the bucket.' },
  gcsPrefix: {
    env: 'GCS_PREFIX',
    type: { kind: 'text' },
    meaning: 'Prefix of all names in the bucket. Without it: the whole bucket belongs to this cluster.',
  },
  gcsProjectId: {
    env: 'GCS_PROJECT_ID',
    type: { kind: 'text' },
    meaning: 'Project of the credentials, if they do not say it themselves.',
  },
  gcsEndpoint: {
    env: 'GCS_ENDPOINT',
    type: { kind: 'text' },
    meaning: 'URL of the store. Without it: Google. With http:// it is an emulator, and no credentials are sent.',
  },
  gcsCredentialsFile: {
    env: 'GCS_CREDENTIALS_FILE',
    type: { kind: 'text' },
    meaning:
      "Key of a service account, or configuration of a workload identity federation, as JSON. Without it: Google's default credentials. Read again when the store refuses what it held.",
  },
  gcsKmsKey: {
    env: 'GCS_KMS_KEY',
    type: { kind: 'text' },
    meaning: 'Cloud KMS key for new objects (CMEK): projects/P/locations/L/keyRings/R/cryptoKeys/K. Verified.',
  },
  gcsCustomerKeyFile: {
    env: 'GCS_CUSTOMER_KEY_FILE',
    type: { kind: 'text' },
    meaning: 'File with a key of your own (CSEK): 32 bytes in base64. Lost key, lost bucket.',
  },
  gcsStorageClass: {
    env: 'GCS_STORAGE_CLASS',
    type: { kind: 'choice', values: ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'] },
    meaning: "Storage class of new objects. Without it: the bucket's.",
  },
  azureAccountName: { env: 'AZURE_ACCOUNT_NAME', type: { kind: 'text' }, meaning: 'Name of the storage account.' },
  azureContainer: { env: 'AZURE_CONTAINER', type: { kind: 'text' }, meaning: 'Name of the container.' },
  azurePrefix: {
    env: 'AZURE_PREFIX',
    type: { kind: 'text' },
    meaning: 'Prefix of all names in the container. Without it: the whole container belongs to this cluster.',
  },
  azureEndpoint: {
    env: 'AZURE_ENDPOINT',
    type: { kind: 'text' },
    meaning:
      "URL of the account's blob service; an emulator's has the account as its path. Without it: https://ACCOUNT.blob.core.windows.net.",
  },
  azureAccountKey: {
    env: 'AZURE_ACCOUNT_KEY',
    type: { kind: 'text' },
    secret: true,
    meaning: 'Key of the account.',
  },
  azureSasToken: {
    env: 'AZURE_SAS_TOKEN',
    type: { kind: 'text' },
    secret: true,
    meaning: 'Shared access signature for the container.',
  },
  azureSasFile: {
    env: 'AZURE_SAS_FILE',
    type: { kind: 'text' },
    meaning: 'File with a shared access signature; read again when the store refuses what it held.',
  },
  azureConnectionString: {
    env: 'AZURE_CONNECTION_STRING',
    type: { kind: 'text' },
    secret: true,
    meaning:
      'Account, endpoint and key or signature in one text, as the portal shows it; instead of the settings above.',
  },
  azureFederatedTokenFile: {
    env: 'AZURE_FEDERATED_TOKEN_FILE',
    type: { kind: 'text' },
    meaning:
      'File with a token of the cluster that Entra ID trusts (workload identity; AKS sets this and the next three). Read at every exchange.',
  },
  azureTenantId: { env: 'AZURE_TENANT_ID', type: { kind: 'text' }, meaning: 'Tenant of the workload identity.' },
  azureClientId: {
    env: 'AZURE_CLIENT_ID',
    type: { kind: 'text' },
    meaning: 'Application of the workload identity, or which of several managed identities.',
  },
  azureAuthorityHost: {
    env: 'AZURE_AUTHORITY_HOST',
    type: { kind: 'text' },
    default: 'https://login.microsoftonline.com/',
    meaning: 'URL of Entra ID.',
  },
  azureManagedIdentity: {
    env: 'AZURE_MANAGED_IDENTITY',
    type: { kind: 'switch' },
    default: 'false',
    meaning: "true: tokens come from the machine's metadata service.",
  },
  azureEncryptionScope: {
    env: 'AZURE_ENCRYPTION_SCOPE',
    type: { kind: 'text' },
    meaning: 'Encryption scope for new blobs. Verified with every answer.',
  },
  azureCustomerKeyFile: {
    env: 'AZURE_CUSTOMER_KEY_FILE',
    type: { kind: 'text' },
    meaning: 'File with a key of your own: 32 bytes in base64. Lost key, lost container.',
  },
  azureAccessTier: {
    env: 'AZURE_ACCESS_TIER',
    type: { kind: 'choice', values: ['Hot', 'Cool', 'Cold'] },
    meaning:
      "Access tier of new blobs; Archive is not among them: its blobs cannot be read. Without it: the account's.",
  },
} as const satisfies Record<string, Setting>;
