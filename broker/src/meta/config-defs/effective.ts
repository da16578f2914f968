import { invariant } from '../../edge/index.ts';
import type { MetadataImage, TopicImage } from '../image.ts';
import { brokerConfigs } from './broker-configs.ts';
import type { ConfigDef } from './config-def.ts';
import { topicConfigs } from './topic-configs.ts';

/** Where a value comes from; Kafka's ConfigSource. */
export type ConfigSource =
  | 'DYNAMIC_TOPIC_CONFIG'
  | 'DYNAMIC_BROKER_CONFIG'
  | 'DYNAMIC_DEFAULT_BROKER_CONFIG'
  | 'STATIC_BROKER_CONFIG'
  | 'DEFAULT_CONFIG';

/** What holds for one broker. */
export interface ConfigScope {
  readonly image: MetadataImage;
  readonly broker: number;
  /** Values that the settings of the process give, by Kafka's broker configuration names. */
  readonly staticConfigs: ReadonlyMap<string, string>;
}

export interface ConfigValue {
  readonly name: string;
  /** Undefined = null. */
  readonly value: string | undefined;
  readonly source: ConfigSource;
}

export interface EffectiveConfig extends ConfigValue {
  readonly def: ConfigDef;
  /** All values that were given, the one that holds first, the default last. */
  readonly synonyms: readonly ConfigValue[];
}

/** All configurations of a topic as they hold on this broker, by name. */
export function describeTopicConfigs(scope: ConfigScope, topic: TopicImage): readonly EffectiveConfig[] {
  return [...topicConfigs.values()].map((def) => effective(def, topicValues(scope, topic, def)));
}

/** All configurations of this broker, by name. */
export function describeBrokerConfigs(scope: ConfigScope): readonly EffectiveConfig[] {
  return inOrder([...brokerConfigs.values()].map((def) => effective(def, brokerValues(scope, def.name))));
}

/** What was set for all brokers (DescribeConfigs of the broker with the empty name). */
export function describeDefaultBrokerConfigs(image: MetadataImage): readonly EffectiveConfig[] {
  const set = [...image.brokerConfigs(undefined)].flatMap(([name, value]): readonly EffectiveConfig[] => {
    const def = brokerConfigs.get(name);
    const own = { name, value, source: 'DYNAMIC_DEFAULT_BROKER_CONFIG' } as const;
    return def === undefined ? [] : [{ ...own, def, synonyms: [own] }];
  });
  return inOrder(set);
}

/** The value of one topic configuration. Throws InvariantError if the table has no such name. */
export function topicConfig(scope: ConfigScope, topic: TopicImage | undefined, name: string): string {
  const def = topicConfigs.get(name);
  invariant(def !== undefined, `unknown topic configuration ${name}`);
  return topicValues(scope, topic, def)[0]?.value ?? '';
}

/** The value of one broker configuration; undefined = null. Throws InvariantError if the table has no such name. */
export function brokerConfig(scope: ConfigScope, name: string): string | undefined {
  invariant(brokerConfigs.has(name), `unknown broker configuration ${name}`);
  return brokerValues(scope, name)[0]?.value;
}

function effective(def: ConfigDef, values: readonly ConfigValue[]): EffectiveConfig {
  const [first] = values;
  const { value, source } = first ?? { value: def.default, source: 'DEFAULT_CONFIG' };
  return { name: def.name, value, source, def, synonyms: values };
}

function topicValues(scope: ConfigScope, topic: TopicImage | undefined, def: ConfigDef): readonly ConfigValue[] {
  const own = topic?.configs.get(def.name);
  const values: ConfigValue[] = [];
  if (own !== undefined) values.push({ name: def.name, value: own, source: 'DYNAMIC_TOPIC_CONFIG' });
  if (def.brokerName !== undefined) values.push(...brokerValues(scope, def.brokerName));
  else values.push({ name: def.name, value: def.default, source: 'DEFAULT_CONFIG' });
  return values;
}

/** Newest layer first; the default is always there. */
function brokerValues({ image, broker, staticConfigs }: ConfigScope, name: string): readonly ConfigValue[] {
  const layers: readonly [string | undefined, ConfigSource][] = [
    [image.brokerConfigs(broker).get(name), 'DYNAMIC_BROKER_CONFIG'],
    [image.brokerConfigs(undefined).get(name), 'DYNAMIC_DEFAULT_BROKER_CONFIG'],
    [staticConfigs.get(name), 'STATIC_BROKER_CONFIG'],
  ];
  const given = layers.flatMap(([value, source]) => (value === undefined ? [] : [{ name, value, source }]));
  return [...given, { name, value: brokerConfigs.get(name)?.default, source: 'DEFAULT_CONFIG' }];
}

function inOrder(configs: readonly EffectiveConfig[]): readonly EffectiveConfig[] {
  return configs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
