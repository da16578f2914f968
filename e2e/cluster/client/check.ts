import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { valueOf } from './load.ts';
import type { Ack } from './load.ts';

/** Without a new record for so long, there is none more. */
const PATIENCE_MS = 15_000;

export interface CheckPlan {
  readonly topic: string;
  readonly acks: readonly Ack[];
  /** Committed offsets that a group has to have, by partition. */
  readonly group?: { readonly id: string; readonly offsets: readonly number[] };
}

/** Holds a topic against what its only producers were told: answers what is wrong, or nothing. */
export async function check(kafka: Kafka, plan: CheckPlan): Promise<readonly string[]> {
  const wanted = byPlace(plan.acks);
  const wrong = [...(await checkOffsets(kafka, plan)), ...(await checkGroup(kafka, plan))];
  const seen = await readAll(kafka, plan.topic, plan.acks.length);
  for (const [place, key] of wanted) {
    const found = seen.get(place);
    if (found === undefined) wrong.push(`${place}: ${key} was acknowledged and is not there`);
    else if (found.key !== key || found.value !== valueOf(key)) wrong.push(`${place}: ${found.key} instead of ${key}`);
  }
  for (const [place, { key }] of seen) if (!wanted.has(place)) wrong.push(`${place}: ${key} was never acknowledged`);
  return wrong.slice(0, 5);
}

function byPlace(acks: readonly Ack[]): ReadonlyMap<string, string> {
  return new Map(acks.map(({ partition, offset, key }) => [`${partition}@${offset}`, key]));
}

/** Every send was acknowledged in the end, so a partition ends where its acknowledgements end. */
async function checkOffsets(kafka: Kafka, { topic, acks }: CheckPlan): Promise<readonly string[]> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.flatMap(({ partition, low, high }) => {
    const end = acks.reduce(
      (highest, ack) => (ack.partition === partition ? Math.max(highest, ack.offset + 1) : highest),
      0,
    );
    if (Number(low) === 0 && Number(high) === end) return [];
    return [`${topic}-${partition} holds offsets ${low} to ${high}, acknowledged were 0 to ${end}`];
  });
}

async function checkGroup(kafka: Kafka, { topic, group }: CheckPlan): Promise<readonly string[]> {
  if (group === undefined) return [];
  const admin = kafka.admin();
  await admin.connect();
  const [answer] = await admin.fetchOffsets({ groupId: group.id, topics: [topic] });
  await admin.disconnect();
  return group.offsets.flatMap((offset, partition) => {
    const found = answer?.partitions.find((one) => one.partition === partition)?.offset;
    return found === String(offset)
      ? []
      : [`group ${group.id} stands at ${found} in partition ${partition}, not at ${offset}`];
  });
}

interface Seen {
  readonly key: string;
  readonly value: string;
}

/** Reads until `count` different records were seen, or nothing new comes for a while. */
export async function readAll(kafka: Kafka, topic: string, count: number): Promise<ReadonlyMap<string, Seen>> {
  const seen = new Map<string, Seen>();
  if (count === 0) return seen;
  const consumer = kafka.consumer({ groupId: `check-${randomBytes(6).toString('hex')}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const done = Promise.withResolvers<void>();
  const patience = setTimeout(() => done.resolve(), PATIENCE_MS);
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch: { partition, messages } }) => {
      for (const { offset, key, value } of messages) {
        seen.set(`${partition}@${offset}`, { key: String(key), value: String(value) });
      }
      patience.refresh();
      if (seen.size >= count) done.resolve();
      return Promise.resolve();
    },
  });
  await done.promise;
  clearTimeout(patience);
  await consumer.disconnect();
  return seen;
}
