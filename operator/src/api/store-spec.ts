import { flag, integer, list, map, object, oneOf, text } from './schema.ts';
import type { ObjectSchema, Rule } from './schema.ts';

const NAME = { minLength: 1, maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' } as const;
const BUCKET = { minLength: 1, maxLength: 255, pattern: '^[A-Za-z0-9_.-]+$' } as const;

/** The bucket is the cluster; another bucket is another cluster. */
function immutable(id: string, field: string, what: string): Rule {
  const rule = `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`;
  return {
    id,
    rule,
    message: `${what} cannot change: it is where this cluster's data is. Create another ChronikCluster.`,
  };
}

const prefix = text('Prefix of all names in the bucket. Without it the whole bucket belongs to this cluster.', {
  maxLength: 512,
  pattern: '^[^/.][^/]*(/[^/.][^/]*)*$',
});

const endpoint = text(
  'URL of the store, without a path. With http:// records and credentials are readable on the way.',
  {
    maxLength: 512,
    pattern: '^https?://[^/?#@ ]+$',
  },
);

const local = object(
  'A directory on a volume plays the bucket, for trying things out: it is as durable as that volume.',
  {
    claimName: text(
      'An existing PersistentVolumeClaim in this namespace. The operator never creates or deletes it.',
      NAME,
    ),
  },
  ['claimName'],
  { rules: [immutable('local-claim-immutable', 'claimName', 'claimName')] },
);

const s3 = object(
  'Amazon S3, or a store that speaks S3 and honours If-None-Match (the broker proves that at its first start).',
  {
    bucket: text('Name of the bucket. It must exist.', BUCKET),
    region: text('Region of the bucket.', { minLength: 1, maxLength: 63 }),
    endpoint,
    pathStyle: flag('true: the bucket is part of the path, false: of the host name. Default: true with an endpoint.'),
    prefix,
  },
  ['bucket'],
  {
    rules: [
      immutable('s3-bucket-immutable', 'bucket', 'bucket'),
      immutable('s3-prefix-immutable', 'prefix', 'prefix'),
      {
        id: 's3-region-or-endpoint',
        rule: 'has(self.region) || has(self.endpoint)',
        message: 'region is required without an endpoint',
      },
      {
        id: 's3-no-directory-bucket',
        rule: "!self.bucket.endsWith('--x-s3')",
        message: 'directory buckets list in no order and cannot be used: take a general purpose bucket',
      },
    ],
  },
);

const gcs = object(
  'Google Cloud Storage.',
  {
    bucket: text('Name of the bucket. It must exist.', BUCKET),
    projectId: text('Project, if the credentials do not say it.', { minLength: 1, maxLength: 63 }),
    endpoint,
    prefix,
  },
  ['bucket'],
  {
    rules: [
      immutable('gcs-bucket-immutable', 'bucket', 'bucket'),
      immutable('gcs-prefix-immutable', 'prefix', 'prefix'),
    ],
  },
);

const azure = object(
  'Azure Blob Storage.',
  {
    account: text('Storage account.', { pattern: '^[a-z0-9]{3,24}$' }),
    container: text('Name of the container. It must exist.', BUCKET),
    endpoint: text("URL of the account's blob service, if it is not https://ACCOUNT.blob.core.windows.net.", {
      maxLength: 512,
      pattern: '^https?://[^?#@ ]+$',
    }),
    prefix,
  },
  ['account', 'container'],
  {
    rules: [
      immutable('azure-account-immutable', 'account', 'account'),
      immutable('azure-container-immutable', 'container', 'container'),
      immutable('azure-prefix-immutable', 'prefix', 'prefix'),
    ],
  },
);

/** Rules about one description of a store, wherever it stands; `id` tells the places apart. */
function storeRules(id: string): readonly Rule[] {
  return [
    {
      id: `${id}-one-provider`,
      rule: '[has(self.local), has(self.s3), has(self.gcs), has(self.azure)].filter(p, p).size() == 1',
      message: 'exactly one of local, s3, gcs and azure',
    },
    {
      id: `${id}-local-has-no-credentials`,
      rule: '!has(self.local) || (!has(self.credentials) && !has(self.caSecretRef))',
      message: 'a local store takes neither credentials nor caSecretRef',
    },
    {
      id: `${id}-azure-credentials`,
      rule: '!has(self.azure) || has(self.credentials)',
      message: 'azure needs credentials: Azure finds none by itself',
    },
  ];
}

const secretRef = object(
  'A Secret in this namespace. Keys: s3 accessKeyId, secretAccessKey, optionally sessionToken; gcs credentials.json; azure one of accountKey, sasToken, connectionString.',
  { name: text('Name of the Secret.', NAME) },
  ['name'],
);

const workloadIdentity = object(
  "The provider's identity for service accounts (IRSA, GKE Workload Identity, Microsoft Entra Workload ID).",
  {
    serviceAccountAnnotations: map(
      text('Value of the annotation.', { maxLength: 1024 }),
      'Annotations of the ServiceAccount under which the brokers run.',
      { maxItems: 16 },
    ),
  },
  ['serviceAccountAnnotations'],
);

const credentials = object(
  "How the broker proves who it is. Without it: what the provider's own client finds (a node's role, a metadata server).",
  { secretRef, workloadIdentity },
  [],
  {
    rules: [
      {
        id: 'credentials-one',
        rule: 'has(self.secretRef) != has(self.workloadIdentity)',
        message: 'exactly one of secretRef and workloadIdentity',
      },
    ],
  },
);

const caSecretRef = object(
  'Certificate authorities to trust for this store, instead of the usual ones.',
  {
    name: text('Name of a Secret in this namespace.', NAME),
    key: text('Key in it: certificates as PEM.', { default: 'ca.crt', minLength: 1, maxLength: 253 }),
  },
  ['name'],
);

export const objectStoreSchema = object(
  'The bucket: the only place that must survive. Exactly one provider.',
  {
    local,
    s3,
    gcs,
    azure,
    credentials,
    caSecretRef,
  },
  [],
  {
    rules: [
      ...storeRules('store'),
      {
        id: 'store-provider-immutable',
        rule: 'has(self.local) == has(oldSelf.local) && has(self.s3) == has(oldSelf.s3) && has(self.gcs) == has(oldSelf.gcs) && has(self.azure) == has(oldSelf.azure)',
        message: "the provider cannot change: it is where this cluster's data is. Create another ChronikCluster.",
      },
    ],
  },
);

const replicaCredentials = object(
  'How the broker proves who it is. Without it: the workload identity of the pods, if there is one; azure needs it.',
  { secretRef },
  ['secretRef'],
  {},
);

const replicaStore = object(
  'A copy of the bucket, in another region or with another provider. It must exist, and nothing but copies may ever be written to it.',
  {
    name: text('Name of the store; it stands in plans, conditions and metrics.', {
      maxLength: 20,
      pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$',
    }),
    local: replica(local),
    s3: replica(s3),
    gcs: replica(gcs),
    azure: replica(azure),
    credentials: replicaCredentials,
    caSecretRef,
  },
  ['name'],
  {
    rules: [
      ...storeRules('replica'),
      { id: 'replica-name', rule: "self.name != 'primary'", message: 'primary is the name of objectStore' },
    ],
  },
);

/** The same description without the rules that tie a cluster to its bucket: a replica may be made anew elsewhere. */
function replica<S extends ObjectSchema>(schema: S): S {
  const rules = (schema.rules ?? []).filter(({ id }) => !id.endsWith('-immutable'));
  return { ...schema, rules: rules.map((rule) => ({ ...rule, id: `replica-${rule.id}` })) };
}

export const replicaStoresSchema = list(
  replicaStore,
  'Stores that hold copies of the bucket. A change restarts the brokers one by one.',
  {
    maxItems: 4,
    keys: ['name'],
  },
);

export const replicationSchema = object(
  'Who copies the bucket to the replica stores.',
  {
    managedBy: oneOf(
      ['None', 'Provider', 'Chronik'],
      'Chronik: the brokers, in order, with an exact lag. Provider: rules of the provider; the brokers only watch. None: damaged objects are repaired from the replica stores, nothing is copied.',
      { default: 'None' },
    ),
    maxBytesPerSecond: integer(
      'With managedBy Chronik: at most so much is copied to each store. Without it: no limit.',
      {
        min: 65_536,
        unit: 'bytes/s',
        wide: true,
      },
    ),
  },
  [],
);
