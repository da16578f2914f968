/**
 * Kafka's ConsumerProtocol, version 0: what members of a classic group tell each other through the coordinator.
 *
 *     subscription = version(2) topics userData(bytes)
 *     assignment   = version(2) [ topic partitions ] userData(bytes)
 */
export interface AssignedTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

const NO_USER_DATA = Buffer.from([0xff, 0xff, 0xff, 0xff]);

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

export function encodeSubscription(topics: readonly string[]): Buffer {
  return Buffer.concat([int16(0), int32(topics.length), ...topics.map(text), NO_USER_DATA]);
}

export function encodeAssignment(topics: readonly AssignedTopic[]): Buffer {
  const parts = topics.flatMap(({ topic, partitions }) => [
    text(topic),
    int32(partitions.length),
    ...partitions.map(int32),
  ]);
  return Buffer.concat([int16(0), int32(topics.length), ...parts, NO_USER_DATA]);
}

export function decodeAssignment(bytes: Buffer): AssignedTopic[] {
  let position = 2;
  const next32 = (): number => {
    position += 4;
    return bytes.readInt32BE(position - 4);
  };
  return Array.from({ length: next32() }, () => {
    const length = bytes.readInt16BE(position);
    const topic = bytes.toString('utf8', position + 2, position + 2 + length);
    position += 2 + length;
    return { topic, partitions: Array.from({ length: next32() }, next32) };
  });
}

/** Range over members in the order of their ids: every partition exactly once. */
export function assignRoundRobin(
  members: readonly string[],
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Map<string, AssignedTopic[]> {
  const sorted = [...members].sort();
  const result = new Map<string, AssignedTopic[]>(sorted.map((member) => [member, []]));
  for (const [index, { topic, partition }] of partitions.entries()) {
    result.get(sorted[index % sorted.length] as string)?.push({ topic, partitions: [partition] });
  }
  return result;
}
