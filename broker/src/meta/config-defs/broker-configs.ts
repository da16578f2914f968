import { configTable } from './config-def.ts';
import type { ConfigDef, ConfigTable } from './config-def.ts';
import { topicConfigs } from './topic-configs.ts';

// Kafka's broker configurations that say something about this broker. The rest (threads, purgatories, raft, ZooKeeper)
// have no counterpart here and are unknown: refused, not ignored.

const INT_MAX = 2_147_483_647;

/** Defaults of topics: every topic configuration that has a broker's name for its default, honoured or fixed alike. */
const topicDefaults: readonly ConfigDef[] = [...topicConfigs.values()].flatMap((def): readonly ConfigDef[] => {
  const { brokerName, ...row } = def;
  return brokerName === undefined ? [] : [{ ...row, name: brokerName, doc: `Default of ${def.name}: ${def.doc}` }];
});

/** Read when it matters; may be changed while the broker runs. */
const dynamic: readonly ConfigDef[] = [
  {
    name: 'auto.create.topics.enable',
    type: 'boolean',
    default: 'true',
    support: 'honoured',
    doc: 'Whether a topic is created when a client that allows it asks for its metadata.',
  },
  {
    name: 'default.replication.factor',
    type: 'int',
    default: '1',
    min: 1,
    support: 'honoured',
    doc: 'Replication factor of a topic that is created without one: how many brokers may lead a partition.',
  },
  {
    name: 'num.partitions',
    type: 'int',
    default: '1',
    min: 1,
    support: 'honoured',
    doc: 'Partitions of a topic that is created without a number.',
  },
];

function readOnly(
  name: string,
  type: ConfigDef['type'],
  value: string | undefined,
  doc: string,
  range: Pick<ConfigDef, 'min' | 'max'> = {},
): ConfigDef {
  return { name, type, default: value, doc, isReadOnly: true, support: 'honoured', ...range };
}

/** Come from the settings of the process. */
const fromSettings: readonly ConfigDef[] = [
  readOnly('advertised.listeners', 'string', undefined, 'Where clients reach this broker.'),
  readOnly('broker.id', 'int', '0', 'Number of this broker.', { min: 0 }),
  readOnly('broker.rack', 'string', undefined, 'Rack of this broker.'),
  readOnly('connections.max.idle.ms', 'long', '600000', 'Milliseconds after which an idle connection is closed.'),
  readOnly('fetch.max.bytes', 'int', '57671680', 'Largest fetch response in bytes.', { min: 1024 }),
  readOnly('group.initial.rebalance.delay.ms', 'int', '3000', 'How long an empty group waits for more members.'),
  readOnly('group.max.session.timeout.ms', 'int', '1800000', 'Longest session time-out that a member may ask for.'),
  readOnly('group.max.size', 'int', String(INT_MAX), 'Members that a group may have.', { min: 1 }),
  readOnly('group.min.session.timeout.ms', 'int', '6000', 'Shortest session time-out that a member may ask for.'),
  readOnly('listeners', 'string', undefined, 'Where this broker listens.'),
  readOnly('max.connections', 'int', String(INT_MAX), 'Connections that are accepted.', { min: 0 }),
  readOnly('max.incremental.fetch.session.cache.slots', 'int', '1000', 'Fetch sessions that are kept.', { min: 0 }),
  readOnly('node.id', 'int', '0', 'Number of this broker.', { min: 0 }),
  readOnly('offset.metadata.max.bytes', 'int', '4096', 'Longest text that is committed with an offset.'),
  readOnly('offsets.retention.check.interval.ms', 'long', '600000', 'How often expired offsets are looked for.'),
  readOnly('offsets.retention.minutes', 'int', '10080', 'Minutes for which the offsets of an empty group are kept.'),
  readOnly('offsets.topic.num.partitions', 'int', '50', 'Partitions of __consumer_offsets.', { min: 1 }),
  readOnly('producer.id.expiration.ms', 'int', '86400000', 'Milliseconds after which an idle producer is forgotten.'),
  readOnly('socket.request.max.bytes', 'int', '104857600', 'Largest request in bytes.', { min: 1 }),
];

const fixed: readonly ConfigDef[] = [
  {
    name: 'delete.topic.enable',
    type: 'boolean',
    default: 'true',
    support: 'fixed',
    because: 'topics can be deleted; restrict who may by other means',
    doc: 'Whether topics can be deleted.',
  },
];

/** Removed from every broker by `kafka-reassign-partitions --verify`, which must not fail where there is nothing to throttle. */
const throttles: readonly ConfigDef[] = [
  'leader.replication.throttled.rate',
  'follower.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
].map((name) => ({
  name,
  type: 'long',
  default: '9223372036854775807',
  min: 0,
  support: 'fixed',
  because: 'brokers do not copy partitions from one another, nor between directories',
  doc: 'Bytes a second that copying replicas may take.',
}));

export const brokerConfigs: ConfigTable = configTable([
  ...topicDefaults,
  ...dynamic,
  ...fromSettings,
  ...fixed,
  ...throttles,
]);
