/** What is done with every client, in this order, with the words of the table. */
export const OPERATIONS = {
  'describe-cluster': 'describe the cluster',
  'api-versions': 'list API versions',
  'create-topic': 'create a topic with configurations',
  'list-topics': 'list topics',
  'describe-topic': 'describe a topic',
  'produce-acks-0': 'produce, acks=0',
  'produce-acks-1': 'produce, acks=1',
  'produce-acks-all': 'produce, acks=all',
  'produce-gzip': 'produce, gzip',
  'produce-snappy': 'produce, snappy',
  'produce-lz4': 'produce, lz4',
  'produce-zstd': 'produce, zstd',
  'produce-idempotent': 'produce, idempotent',
  consume: 'consume from the beginning',
  'consume-in-group': 'consume in a group and commit',
  'list-groups': 'list groups',
  'describe-group': "describe a group's offsets",
  'reset-offsets': "reset a group's offsets",
  'delete-group': 'delete a group',
  'alter-configs': 'alter configurations',
  'describe-configs': 'describe configurations',
  'create-partitions': 'add partitions',
  'list-offsets': 'list first and last offsets',
  'delete-records': 'delete records',
  'delete-topic': 'delete a topic',
  'log-dirs': 'describe log directories',
  'elect-leaders': 'elect preferred leaders',
  'reassign-partitions': 'reassign partitions',
  'read-all': 'read what all clients wrote',
} as const;

export type Operation = keyof typeof OPERATIONS;

export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly Operation[];

/** Before the broker lost its disk, and after. */
export const PHASES = ['before', 'after'] as const;

export type Phase = (typeof PHASES)[number];

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** One way to produce. */
export interface ProduceVariant {
  readonly operation: Extract<Operation, `produce-${string}`>;
  readonly acks: 0 | 1 | 'all';
  readonly codec: Codec;
  readonly idempotent: boolean;
}

export const PRODUCE_VARIANTS: readonly ProduceVariant[] = [
  { operation: 'produce-acks-0', acks: 0, codec: 'none', idempotent: false },
  { operation: 'produce-acks-1', acks: 1, codec: 'none', idempotent: false },
  { operation: 'produce-acks-all', acks: 'all', codec: 'none', idempotent: false },
  { operation: 'produce-gzip', acks: 'all', codec: 'gzip', idempotent: false },
  { operation: 'produce-snappy', acks: 'all', codec: 'snappy', idempotent: false },
  { operation: 'produce-lz4', acks: 'all', codec: 'lz4', idempotent: false },
  { operation: 'produce-zstd', acks: 'all', codec: 'zstd', idempotent: false },
  { operation: 'produce-idempotent', acks: 'all', codec: 'none', idempotent: true },
];
