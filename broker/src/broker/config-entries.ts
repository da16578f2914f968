import type { ConfigSource, ConfigType, EffectiveConfig } from '../meta/index.ts';

/** Kafka's numbers of where a value comes from. */
const sources: Readonly<Record<ConfigSource, number>> = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
};

const types: Readonly<Record<ConfigType, number>> = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 };

/** A configuration as CreateTopics and DescribeConfigs tell it. None is a secret. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: false;
}

export function configEntry({ name, value, source, def }: EffectiveConfig): ConfigEntry {
  return {
    name,
    value: value ?? null,
    readOnly: def.isReadOnly === true,
    configSource: sources[source],
    isSensitive: false,
  };
}

/** The same with all that DescribeConfigs can tell. */
export function describedConfig(
  config: EffectiveConfig,
  options: { readonly synonyms: boolean; readonly documentation: boolean },
) {
  const { def, synonyms } = config;
  return {
    ...configEntry(config),
    synonyms: options.synonyms
      ? synonyms.map(({ name, value, source }) => ({ name, value: value ?? null, source: sources[source] }))
      : [],
    configType: types[def.type],
    documentation: options.documentation ? def.doc : null,
  };
}
