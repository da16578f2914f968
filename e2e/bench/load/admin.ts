import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeys } from '../../../broker/src/kafka/index.ts';
import { Client } from './client.ts';
import type { Address } from './client.ts';

const CREATE_VERSION = 5;
const METADATA_VERSION = 9;
const ALREADY_THERE = 36;
const LOOK_AGAIN_MS = 20;

/** Creates topics with one replica and resolves when each of their partitions has a leader. */
export async function createTopics(
  address: Address,
  topics: readonly { readonly name: string; readonly partitions: number }[],
): Promise<void> {
  const client = await Client.connect(address);
  try {
    const body = await client.request(ApiKeys.CreateTopics, CREATE_VERSION, {
      topics: topics.map(({ name, partitions }) => ({
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
      timeoutMs: 60_000,
    });
    for (const { name, errorCode, errorMessage } of body.topics) {
      if (errorCode !== 0 && errorCode !== ALREADY_THERE) {
        throw new Error(`topic ${name} was not created: error ${errorCode}, ${String(errorMessage)}`);
      }
    }
    const wanted = topics.reduce((sum, { partitions }) => sum + partitions, 0);
    while ((await leaders(client, topics)) < wanted) await sleep(LOOK_AGAIN_MS);
  } finally {
    client.close();
  }
}

async function leaders(client: Client, topics: readonly { readonly name: string }[]): Promise<number> {
  const body = await client.request(ApiKeys.Metadata, METADATA_VERSION, {
    topics: topics.map(({ name }) => ({ name })),
    allowAutoTopicCreation: false,
  });
  const partitions = body.topics.flatMap((topic) => topic.partitions);
  return partitions.filter(({ errorCode, leaderId }) => errorCode === 0 && leaderId >= 0).length;
}
