import type { Kafka } from 'kafkajs';
import { readAll } from './check.ts';
import { valueOf } from './load.ts';
import type { Ack } from './load.ts';

export interface SurvivorsPlan {
  readonly topic: string;
  readonly acks: readonly Ack[];
  /** Everything acknowledged before has to be there. */
  readonly cutMs: number;
  /** So has everything acknowledged since. */
  readonly resumedMs: number;
}

export interface Survivors {
  /** What must not be; empty = all is well. */
  readonly wrong: readonly string[];
  /** What is there, each at its place: the truth from now on. */
  readonly contents: readonly Ack[];
  /** Records that were acknowledged and are gone, and when they were acknowledged. */
  readonly lost: number;
  readonly lostFromMs: number;
  readonly lostToMs: number;
}

/** Holds a topic whose end was lost with a store against what its producers were told, and against the moment up to which all was promised. */
export async function survivors(kafka: Kafka, { topic, acks, cutMs, resumedMs }: SurvivorsPlan): Promise<Survivors> {
  const seen = await readAll(kafka, topic, Number.POSITIVE_INFINITY);
  const isThere = ({ partition, offset, key }: Ack): boolean => {
    const found = seen.get(`${partition}@${offset}`);
    return found?.key === key && found.value === valueOf(key);
  };
  const gone = acks.filter((ack) => !isThere(ack));
  const wrong = gone
    .filter(({ atMs }) => atMs <= cutMs || atMs >= resumedMs)
    .map(({ key, atMs }) => `${key} was acknowledged at ${new Date(atMs).toISOString()} and is not there`);
  const contents = [...seen].map(([place, { key, value }]) => {
    if (value !== valueOf(key)) wrong.push(`${place}: a value that does not belong to ${key}`);
    const [partition = '', offset = ''] = place.split('@');
    return { partition: Number(partition), offset: Number(offset), key, atMs: 0 };
  });
  const times = gone.map(({ atMs }) => atMs);
  return {
    wrong: wrong.slice(0, 5),
    contents,
    lost: gone.length,
    lostFromMs: Math.min(...times),
    lostToMs: Math.max(...times),
  };
}
