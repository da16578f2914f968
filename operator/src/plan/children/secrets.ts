import type { ClusterSpec } from '../../api/index.ts';

/** Setting, key of the Secret, and whether the key may be missing. */
type SecretSetting = readonly [env: string, key: string, optional: boolean];

const S3: readonly SecretSetting[] = [
  ['S3_ACCESS_KEY', 'accessKeyId', false],
  ['S3_SECRET_KEY', 'secretAccessKey', false],
  ['S3_SESSION_TOKEN', 'sessionToken', true],
];
/** One of them is needed; the broker says so if there is none, or more than one. */
const AZURE: readonly SecretSetting[] = [
  ['AZURE_ACCOUNT_KEY', 'accountKey', true],
  ['AZURE_SAS_TOKEN', 'sasToken', true],
  ['AZURE_CONNECTION_STRING', 'connectionString', true],
];

/**
 * Credentials as environment variables. The kubelet reads the Secret, never the operator, and says which key is missing;
 * the operator hands that on.
 */
export function secretVariables({ s3, azure, credentials }: ClusterSpec['objectStore']): readonly object[] {
  const name = credentials?.secretRef?.name;
  if (name === undefined) return [];
  const settings = s3 !== undefined ? S3 : azure !== undefined ? AZURE : [];
  return settings.map(([env, key, optional]) => ({
    name: env,
    valueFrom: { secretKeyRef: { name, key, ...(optional ? { optional } : {}) } },
  }));
}
