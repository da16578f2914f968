import type { BrokerConfigsChanged, ConfigChanges, MetadataEvent, TopicConfigsChanged } from '../event.ts';
import { invalidConfigValue, listElements } from '../config-defs/config-def.ts';
import type { ConfigTable } from '../config-defs/config-def.ts';
import { brokerConfigs } from '../config-defs/broker-configs.ts';
import { brokerConfig, topicConfig } from '../config-defs/effective.ts';
import type { ConfigScope } from '../config-defs/effective.ts';
import { topicConfigs } from '../config-defs/topic-configs.ts';
import type { MetadataImage } from '../image.ts';
import type { MetadataUpdate } from '../metadata-log.ts';
import { duplicates, refused } from './result.ts';
import type { Refused } from './result.ts';
import { checkTopicConfig, checkTopicConfigRemoval } from './topic-config-rules.ts';

/** What has configuration: a topic by name, or a broker by number; the empty broker name stands for all brokers. */
export interface ConfigResource {
  readonly type: 'topic' | 'broker';
  readonly name: string;
}

export interface ConfigOperation {
  readonly name: string;
  readonly operation: 'set' | 'delete' | 'append' | 'subtract';
  readonly value: string | null;
}

export interface ConfigAlteration {
  readonly resource: ConfigResource;
  readonly operations: readonly ConfigOperation[];
}

export type AlterConfigsResult = { readonly resource: ConfigResource } & ({ readonly outcome: 'altered' } | Refused);

type ConfigEvent = TopicConfigsChanged | BrokerConfigsChanged;
type Scope = Omit<ConfigScope, 'image'>;

/** A resource that was found: its table, its rules, and how its change is said. */
interface Target {
  readonly table: ConfigTable;
  /** Values that hold without a default, by name. */
  readonly own: ReadonlyMap<string, string>;
  /** The list that `append` and `subtract` start from. */
  readonly effective: (name: string) => string;
  readonly check: (name: string, value: string) => string | undefined;
  readonly checkRemoval: (name: string) => string | undefined;
  readonly event: (changes: ConfigChanges) => ConfigEvent;
}

/** IncrementalAlterConfigs: all operations on a resource, or none and why. */
export function alterConfigs(
  image: MetadataImage,
  alterations: readonly ConfigAlteration[],
  scope: Scope,
): MetadataUpdate<readonly AlterConfigsResult[]> {
  return alterEach(image, alterations, scope, incrementalChanges);
}

/** AlterConfigs (before KIP-339): the resource has exactly these values afterwards. Operations are all `set`. */
export function replaceConfigs(
  image: MetadataImage,
  alterations: readonly ConfigAlteration[],
  scope: Scope,
): MetadataUpdate<readonly AlterConfigsResult[]> {
  return alterEach(image, alterations, scope, (target, operations) => {
    const changes = incrementalChanges(target, operations);
    if (!(changes instanceof Map)) return changes;
    const named = new Set(operations.map(({ name }) => name));
    const missing = [...target.own.keys()].filter((name) => !named.has(name));
    for (const name of missing) {
      const wrong = target.checkRemoval(name);
      if (wrong !== undefined) return refused('INVALID_CONFIG', wrong);
      changes.set(name, undefined);
    }
    return changes;
  });
}

type Changes = Map<string, string | undefined>;

function alterEach(
  image: MetadataImage,
  alterations: readonly ConfigAlteration[],
  scope: Scope,
  changesOf: (target: Target, operations: readonly ConfigOperation[]) => Changes | Refused,
): MetadataUpdate<readonly AlterConfigsResult[]> {
  const twice = duplicates(alterations.map(({ resource }) => `${resource.type} ${resource.name}`));
  const events: MetadataEvent[] = [];
  const result = alterations.map(({ resource, operations }): AlterConfigsResult => {
    if (twice.has(`${resource.type} ${resource.name}`)) {
      return { resource, ...refused('INVALID_REQUEST', 'Each resource must appear at most once.') };
    }
    const target =
      resource.type === 'topic' ? topicTarget(image, resource.name, scope) : brokerTarget(image, resource.name, scope);
    if ('outcome' in target) return { resource, ...target };
    const changes = changesOf(target, operations);
    if (!(changes instanceof Map)) return { resource, ...changes };
    if (changes.size > 0) events.push(target.event(changes));
    return { resource, outcome: 'altered' };
  });
  return { events, result };
}

function topicTarget(image: MetadataImage, name: string, scope: Scope): Target | Refused {
  const topic = image.topic(name);
  if (topic === undefined) return refused('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`);
  return {
    table: topicConfigs,
    own: topic.configs,
    effective: (config) => topicConfig({ image, ...scope }, topic, config),
    check: (config, value) => checkTopicConfig(name, config, value),
    checkRemoval: (config) => checkTopicConfigRemoval(name, config),
    event: (changes) => ({ kind: 'topicConfigsChanged', topicId: topic.id, changes }),
  };
}

function brokerTarget(image: MetadataImage, name: string, scope: Scope): Target | Refused {
  const broker = name === '' ? undefined : Number(name);
  if (broker !== undefined && (!/^\d+$/.test(name) || image.broker(broker) === undefined)) {
    return refused('INVALID_REQUEST', `Broker '${name}' is not registered.`);
  }
  return {
    table: brokerConfigs,
    own: image.brokerConfigs(broker),
    effective: (config) => brokerConfig({ image, ...scope, ...(broker !== undefined && { broker }) }, config) ?? '',
    check: checkBrokerConfig,
    checkRemoval: (config) => (brokerConfigs.has(config) ? undefined : `Unknown broker config name: ${config}`),
    event: (changes) => ({ kind: 'brokerConfigsChanged', broker, changes }),
  };
}

function checkBrokerConfig(name: string, value: string): string | undefined {
  const def = brokerConfigs.get(name);
  return def === undefined ? `Unknown broker config name: ${name}` : invalidConfigValue(def, value);
}

function incrementalChanges(target: Target, operations: readonly ConfigOperation[]): Changes | Refused {
  if (duplicates(operations.map(({ name }) => name)).size > 0) {
    return refused('INVALID_REQUEST', 'Error due to duplicate config keys');
  }
  const changes: Changes = new Map();
  for (const operation of operations) {
    const { name } = operation;
    if (target.table.get(name)?.isReadOnly === true) {
      return refused('INVALID_REQUEST', `Cannot update these configs dynamically: ${name}`);
    }
    if (operation.operation === 'delete') {
      const wrong = target.checkRemoval(name);
      if (wrong !== undefined) return refused('INVALID_CONFIG', wrong);
      if (target.own.has(name)) changes.set(name, undefined);
      continue;
    }
    const value = newValue(target, operation);
    if (typeof value !== 'string') return value;
    const wrong = target.check(name, value);
    if (wrong !== undefined) return refused('INVALID_CONFIG', wrong);
    if (target.own.get(name) !== value) changes.set(name, value);
  }
  return changes;
}

/** The value after the operation. Appending what is there, and subtracting what is not, changes nothing (KIP-339). */
function newValue(target: Target, { name, operation, value }: ConfigOperation): string | Refused {
  if (value === null) return refused('INVALID_REQUEST', `Null value not supported for : ${name}`);
  if (operation === 'set') return value;
  const def = target.table.get(name);
  if (def !== undefined && def.type !== 'list') {
    return refused('INVALID_CONFIG', `Can't ${operation.toUpperCase()} to key ${name} because its type is not LIST.`);
  }
  const present = def === undefined ? [] : listElements(target.own.get(name) ?? target.effective(name));
  const named = listElements(value);
  if (operation === 'subtract') return present.filter((element) => !named.includes(element)).join();
  return [...present, ...named.filter((element) => !present.includes(element))].join();
}
