// Topic names as Kafka checks them (org.apache.kafka.common.internals.Topic).

const INTERNAL_TOPICS: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state']);
const MAX_LENGTH = 249;
const LEGAL = /^[a-zA-Z0-9._-]+$/;

/** A topic that the broker creates and writes itself. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL_TOPICS.has(name);
}

/** What is wrong with a topic name, in Kafka's words; undefined if it is legal. */
export function invalidTopicName(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed';
  if (name === '.' || name === '..') return `'${name}' is not allowed`;
  if (name.length > MAX_LENGTH) return `the length of '${name}' is longer than the max allowed length ${MAX_LENGTH}`;
  if (!LEGAL.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return undefined;
}

/** Names with the same key collide in Kafka's metric names, where '.' becomes '_'. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_');
}
