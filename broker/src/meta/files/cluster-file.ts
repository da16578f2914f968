import type { PatientStore } from '../../store/index.ts';
import { createOnce } from './create-once.ts';
import type { CreatedOnce } from './create-once.ts';
import { FieldReader, decodeJsonFile, encodeJsonFile } from './json-file.ts';
import { LINEAGE_PATTERN, TIMELINE_PATTERN } from './patterns.ts';
import { readChecked } from './read-checked.ts';

/** `cluster.json`: whose data the store holds. Created once, never deleted. */
export interface ClusterFile {
  /** The Kafka cluster id, 22 characters of base64url. */
  readonly lineage: string;
  readonly createdAtMs: number;
  /** The first timeline, `{number}-{random}`. */
  readonly rootTimeline: string;
}

export const CLUSTER_FILE_KEY = 'cluster.json';

export function encodeClusterFile({ lineage, createdAtMs, rootTimeline }: ClusterFile): Buffer {
  return encodeJsonFile({ lineage, createdAtMs, rootTimeline });
}

/** Throws MetadataCorruptError (METADATA_CORRUPT) or FormatTooNewError (FORMAT_TOO_NEW). */
export function decodeClusterFile(bytes: Buffer): ClusterFile {
  const fields = new FieldReader(decodeJsonFile(bytes, CLUSTER_FILE_KEY), CLUSTER_FILE_KEY);
  const lineage = fields.text('lineage', LINEAGE_PATTERN);
  const createdAtMs = fields.count('createdAtMs');
  const rootTimeline = fields.text('rootTimeline', TIMELINE_PATTERN);
  fields.end();
  return { lineage, createdAtMs, rootTimeline };
}

/** Undefined only when the store says that it is not there (P9). Retries outages for ever. */
export function readClusterFile(store: PatientStore, signal?: AbortSignal): Promise<ClusterFile | undefined> {
  return readChecked(store, CLUSTER_FILE_KEY, decodeClusterFile, signal);
}

/** Of several first boots one wins; the others get its file. */
export function createClusterFile(store: PatientStore, file: ClusterFile): Promise<CreatedOnce<ClusterFile>> {
  return createOnce(store, CLUSTER_FILE_KEY, file, encodeClusterFile, decodeClusterFile);
}
