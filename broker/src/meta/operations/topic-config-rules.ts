import { invalidConfigValue, listElements } from '../config-defs/config-def.ts';
import { topicConfigs } from '../config-defs/topic-configs.ts';
import { isInternalTopic } from '../topic-name.ts';

const CLEANUP_POLICY = 'cleanup.policy';

/** What is wrong with a configuration value for this topic, in Kafka's words; undefined if it is accepted. */
export function checkTopicConfig(topic: string, name: string, value: string): string | undefined {
  const def = topicConfigs.get(name);
  if (def === undefined) return `Unknown topic config name: ${name}`;
  // The broker writes these topics for the newest record of each key, and their readers rely on nothing older.
  if (name === CLEANUP_POLICY && isInternalTopic(topic)) {
    return listElements(value).join() === 'compact'
      ? undefined
      : `Invalid value ${value} for configuration ${name}: ${topic} is a topic of the broker and stays compacted`;
  }
  return invalidConfigValue(def, value);
}

/** Why a configuration of this topic cannot go back to its default; undefined if it can. */
export function checkTopicConfigRemoval(topic: string, name: string): string | undefined {
  if (!topicConfigs.has(name)) return `Unknown topic config name: ${name}`;
  if (name !== CLEANUP_POLICY || !isInternalTopic(topic)) return undefined;
  return `${name} of ${topic} cannot be removed: it is a topic of the broker and stays compacted`;
}
