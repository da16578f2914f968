import { randomHex, randomUuid } from '../edge/index.ts';
import type { Clock, Random } from '../edge/index.ts';
import { timelineName } from '../log/index.ts';
import { createClusterFile, createTimelineFile } from '../meta/index.ts';
import type { PatientStore } from '../store/index.ts';

const FIRST_TIMELINE = 1;

/**
 * Makes cluster.json and the root timeline where they are missing (rule 23). Each step is create-or-exists: a crash anywhere
 * is resumed by the next boot, and of two brokers that begin at once one names the cluster and both go on with it.
 */
export async function createCluster(store: PatientStore, clock: Clock, random: Random): Promise<void> {
  const { file } = await createClusterFile(store, {
    lineage: randomUuid(random),
    createdAtMs: clock.nowMs(),
    rootTimeline: timelineName(FIRST_TIMELINE, randomHex(random, 8)),
  });
  await createTimelineFile(store, {
    timeline: file.rootTimeline,
    parent: undefined,
    cut: undefined,
    reason: 'root',
    planId: undefined,
    store: store.address,
    createdAtMs: clock.nowMs(),
  });
}
