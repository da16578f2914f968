import { integer, list, object, oneOf, text } from './schema.ts';

/** A summary for people; the conditions are the source. */
export const PHASES = [
  'Pending',
  'Starting',
  'Restoring',
  'Holding',
  'Ready',
  'Updating',
  'Degraded',
  'Paused',
  'Deleting',
] as const;

export const CONDITION_TYPES = [
  'Ready',
  'Reconciling',
  'Stalled',
  'ObjectStoreReachable',
  'VolumesHealthy',
  'UpToDate',
  'ReplicaInSync',
  'WriteAuthority',
] as const;

/** Why a condition is as it is; events, logs and metrics use the same words. */
export const REASONS = [
  'AsSpecified',
  'Serving',
  'Starting',
  'Restoring',
  'Holding',
  'HeldForRelease',
  'Stopping',
  'NotReporting',
  'NoPod',
  'Unschedulable',
  'ImageUnavailable',
  'ConfigurationInvalid',
  'CrashLooping',
  'Applying',
  'Updating',
  'Paused',
  'Deleting',
  'Reachable',
  'Unreachable',
  'Unknown',
  'InSync',
  'Behind',
  'NotCopied',
  'StoreLost',
  'DataLossTooGreat',
  'FailoverImpossible',
  'Promoting',
  'Held',
  'Initialized',
  'Foreign',
  'Expanding',
  'ExpansionRefused',
  'Forbidden',
  'Invalid',
  'ApiError',
] as const;

const RECOVERY_MODES = ['created', 'restored', 'attached'] as const;

const TRUTH = ['True', 'False', 'Unknown'] as const;

export const VOLUME_STATES = ['Empty', 'Restoring', 'Initialized', 'Foreign'] as const;

const time = (description: string) => text(description, { format: 'date-time' });

const lastRecovery = object(
  'What the last start of this broker read from the bucket.',
  {
    mode: oneOf(RECOVERY_MODES, 'created: the bucket was empty; attached: the volume was warm.'),
    finishedAt: time('When it served.'),
    topics: integer('Topics.'),
    partitions: integer('Partitions.'),
    records: integer('Records that the bucket holds.', { wide: true }),
    bytes: integer('Their bytes.', { wide: true }),
    milliseconds: integer('How long it took.', { wide: true, unit: 'ms' }),
    anomalies: integer('Things that were not in order; the broker lists them under /status.'),
  },
  ['mode', 'finishedAt'],
);

const node = object(
  'One broker.',
  {
    name: text('Name of its pod.'),
    ready: { kind: 'boolean', description: 'It serves clients.' } as const,
    state: text('What the broker says of itself, or why it cannot say anything.'),
    detail: text('Code of a hold or a refusal, or the progress of a restore.'),
    pvcUID: text('UID of the claim of its volume, as last seen.'),
    volume: oneOf(VOLUME_STATES, 'State of the volume.'),
    lastRecovery,
  },
  ['name', 'ready'],
);

const replica = object(
  'One replica store, as the brokers see it.',
  {
    name: text('Its name.'),
    reachable: { kind: 'boolean', description: 'It answers.' } as const,
    inSync: { kind: 'boolean', description: 'It has all that was in the bucket at the last look.' } as const,
    cutTime: time(
      'While it is not in sync: everything that was in the bucket then, to the minute, is in it. Absent if that is not known.',
    ),
  },
  ['name', 'reachable', 'inSync'],
);

const endpoint = object('One listener.', { name: text('Its name.'), bootstrap: text('HOST:PORT for clients.') }, [
  'name',
  'bootstrap',
]);

const condition = object(
  'One condition.',
  {
    type: oneOf(CONDITION_TYPES, 'What it is about.'),
    status: oneOf(TRUTH, 'Whether it holds.'),
    reason: oneOf(REASONS, 'Why, in one word.'),
    message: text('Why, for people.'),
    lastTransitionTime: time('When status last changed.'),
    observedGeneration: integer('Generation of the spec that it is about.', { wide: true }),
  },
  ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
);

const failover = object(
  'A promotion that was decided and is under way.',
  {
    store: text('The store that takes over.'),
    planId: text('Id of the boot plan that orders it.'),
    expectedParent: text('The timeline that it leaves.'),
    cutTime: time('Everything acknowledged before is kept; left out if nothing is lost.'),
    lostAt: time('Since when the store of before has not answered; left out if it does.'),
    maxDataLoss: text('What may be lost at most.'),
    force: { kind: 'boolean', description: 'A person accepted whatever is lost.' } as const,
    planned: { kind: 'boolean', description: 'A switchover: nothing is lost.' } as const,
  },
  ['store', 'planId', 'expectedParent', 'maxDataLoss', 'force'],
);

const lastFailover = object(
  'The last promotion that is over.',
  {
    from: text('The store of before.'),
    to: text('The store that took over.'),
    timeline: text('The timeline that began with it.'),
    cutTime: time('Everything acknowledged before was kept; left out if nothing was lost.'),
    finishedAt: time('When a broker served from there.'),
  },
  ['from', 'to', 'timeline', 'finishedAt'],
);

export const statusSchema = object(
  'What is.',
  {
    observedGeneration: integer('Generation of the spec that this status is about.', { wide: true }),
    phase: oneOf(PHASES, 'Summary for people.'),
    version: text('Release of the brokers that report.'),
    lineage: text('Identity of the data in the bucket; it outlives this resource.'),
    timeline: text('The history that is being written.'),
    epoch: integer("The metadata log's current epoch.", { wide: true }),
    store: text('The bucket, as the broker describes it.'),
    brokers: integer('Brokers that are wanted.'),
    readyBrokers: integer('Brokers that serve.'),
    selector: text("Label selector of the brokers' pods."),
    endpoints: list(endpoint, 'Where clients connect.', { keys: ['name'] }),
    nodes: list(node, 'The brokers, one by one.', { keys: ['name'] }),
    replicas: list(replica, 'The replica stores, one by one.', { keys: ['name'] }),
    activeStore: text('The store that the cluster runs on: primary, or the name of a replica store.'),
    failover,
    lastFailover,
    conditions: list(condition, 'The truth about this cluster; the phase is derived from them.', { keys: ['type'] }),
  },
  [],
);
