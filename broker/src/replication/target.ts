import {
  CLUSTER_FILE_KEY,
  TIMELINES_PREFIX,
  decodeClusterFile,
  decodeTimelineFile,
  parseTimelineFileKey,
  readClusterFile,
} from '../meta/index.ts';
import { PROBE_PREFIX, createCopy } from '../store/index.ts';
import type { PatientStore } from '../store/index.ts';
import type { CopyContext } from './copy-context.ts';
import { ReplicaConflictError, ReplicaRefusedError, promoted } from './errors.ts';
import { fetchVerified } from './fetch-verified.ts';

type TargetContext = Pick<CopyContext, 'source' | 'target' | 'lineage' | 'signal'>;

/** Whether the store is a replica of this bucket, or empty. Writes nothing. Rejects with ReplicaRefusedError if it is anything else. */
export async function examineTarget(context: TargetContext): Promise<void> {
  const { target, lineage } = context;
  const cluster = await readClusterFile(target);
  if (cluster === undefined) return demandEmpty(context);
  if (cluster.lineage !== lineage) {
    throw new ReplicaRefusedError(
      'REPLICA_FOREIGN',
      `${target.description} belongs to cluster ${cluster.lineage}, not to ${lineage}`,
      'Nothing is written to it. Give this cluster a replica store of its own: another bucket, or another prefix.',
    );
  }
  await refusePromoted(context);
}

/** Brings what says whose replica it is, `cluster.json` before anything else, and the timelines, by which it knows where its history is written. */
export async function markTarget(context: TargetContext): Promise<void> {
  if ((await readClusterFile(context.target)) === undefined) {
    await copyFile(context, CLUSTER_FILE_KEY, decodeClusterFile);
  }
  const there = new Set(await keysUnder(context.target, TIMELINES_PREFIX, context.signal));
  for (const key of await keysUnder(context.source, TIMELINES_PREFIX, context.signal)) {
    if (!there.has(key)) await copyFile(context, key, (bytes) => decodeTimelineFile(bytes, key));
  }
}

/** Looks again, while copying goes on. Rejects with ReplicaRefusedError if the store was promoted, or emptied. */
export async function checkTarget(context: TargetContext): Promise<void> {
  if ((await refusePromoted(context)) > 0) return;
  throw new ReplicaRefusedError(
    'REPLICA_EMPTIED',
    `${context.target.description} has lost its timelines: somebody deletes what must never be deleted`,
    'Look for lifecycle rules and people that delete; whatever is missing is copied again.',
  );
}

/**
 * A timeline that only the replica knows was begun there: it was promoted, and what this bucket gets from now on is no part of its
 * history (rules 02, 14). Rejects with ReplicaRefusedError; answers how many timelines it has.
 */
async function refusePromoted({ source, target, signal }: TargetContext): Promise<number> {
  // In this order: what the bucket gains meanwhile makes nothing look foreign.
  const there = await keysUnder(target, TIMELINES_PREFIX, signal);
  const here = new Set(await keysUnder(source, TIMELINES_PREFIX, signal));
  const foreign = there.find((key) => !here.has(key));
  if (foreign === undefined) return there.length;
  throw promoted(target.description, parseTimelineFileKey(foreign) ?? foreign);
}

async function demandEmpty({ target, signal }: TargetContext): Promise<void> {
  for await (const { key } of target.listAll('', { signal })) {
    if (key.startsWith(PROBE_PREFIX)) continue;
    throw new ReplicaRefusedError(
      'REPLICA_FOREIGN',
      `${target.description} holds objects (${key}) and no ${CLUSTER_FILE_KEY}: it is no replica of this bucket`,
      'Nothing is written to it. Give this cluster an empty replica store: another bucket, or another prefix.',
    );
  }
}

async function copyFile(context: TargetContext, key: string, decode: (bytes: Buffer) => unknown): Promise<void> {
  const { source, target, signal } = context;
  const found = await source.head(key, signal);
  const fetched = found && (await fetchVerified(context, { key, sizeBytes: found.sizeBytes }, decode));
  if (fetched === undefined) return;
  const outcome = await createCopy(target, key, [fetched.bytes], signal);
  if (outcome === 'conflict') throw new ReplicaConflictError(key, target.description);
}

async function keysUnder(store: PatientStore, prefix: string, signal: AbortSignal): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.listAll(prefix, { signal })) keys.push(key);
  return keys;
}
