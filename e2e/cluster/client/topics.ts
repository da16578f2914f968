import type { Kafka } from 'kafkajs';

/** Makes a topic; fine if it is there. */
export async function createTopic(kafka: Kafka, topic: string, partitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }],
  });
  await admin.disconnect();
}

/** Commits these offsets, by partition, for a group without members. */
export async function commitOffsets(
  kafka: Kafka,
  groupId: string,
  topic: string,
  offsets: readonly number[],
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }));
  await admin.setOffsets({ groupId, topic, partitions });
  await admin.disconnect();
}
