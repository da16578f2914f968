// What can be asked of a client, wherever it runs: the same words in this process and over HTTP to a pod.
import type { Kafka } from 'kafkajs';
import { createS3Bucket } from '../../stores/buckets.ts';
import { check } from './check.ts';
import type { CheckPlan } from './check.ts';
import { Load } from './load.ts';
import type { LoadPlan, LoadReport } from './load.ts';
import { Replicator } from './replicator.ts';
import type { BucketAt, ReplicationPlan, ReplicationReport } from './replicator.ts';
import { survivors } from './survivors.ts';
import type { Survivors, SurvivorsPlan } from './survivors.ts';
import { commitOffsets, createTopic } from './topics.ts';

export interface Operations {
  /** As whoever owns the store does; it needs no Kafka. */
  createBucket(plan: BucketAt): Promise<void>;
  createTopic(plan: { readonly topic: string; readonly partitions: number }): Promise<void>;
  commit(plan: { readonly group: string; readonly topic: string; readonly offsets: readonly number[] }): Promise<void>;
  startLoad(plan: LoadPlan): Promise<void>;
  /** Of the load that runs. */
  load(): Promise<LoadReport>;
  stopLoad(): Promise<LoadReport>;
  check(plan: CheckPlan): Promise<readonly string[]>;
  survivors(plan: SurvivorsPlan): Promise<Survivors>;
  /** One at a time; it needs no Kafka. */
  startReplication(plan: ReplicationPlan): Promise<void>;
  stopReplication(): Promise<ReplicationReport>;
}

export function operationsOf(kafka: Kafka): Operations {
  let running: Load | undefined;
  let replicator: Replicator | undefined;
  const load = (): Load => {
    if (running === undefined) throw new Error('no load runs');
    return running;
  };
  return {
    createBucket: ({ endpoint, keys, bucket }) => createS3Bucket(endpoint, keys, bucket),
    createTopic: ({ topic, partitions }) => createTopic(kafka, topic, partitions),
    commit: ({ group, topic, offsets }) => commitOffsets(kafka, group, topic, offsets),
    startLoad: async (plan) => {
      running = new Load(kafka, plan);
      await running.start();
    },
    load: () => Promise.resolve(load().report()),
    stopLoad: () => load().stop(),
    check: (plan) => check(kafka, plan),
    survivors: (plan) => survivors(kafka, plan),
    startReplication: (plan) => {
      replicator = new Replicator(plan);
      replicator.start();
      return Promise.resolve();
    },
    stopReplication: () => {
      if (replicator === undefined) throw new Error('no replication runs');
      return replicator.stop();
    },
  };
}
