import { createHash } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { Admin } from 'kafkajs';
import { connect, withAdmin } from './client.ts';
import type { ReadRecord } from './client.ts';
import type { DemoRecord } from './dataset.ts';
import type { Comparison } from './report.ts';
import { count } from './report.ts';

/** Everything a client can see of the cluster but the records, as `name → value` lines. */
export interface ClusterView {
  readonly topics: ReadonlyMap<string, string>;
  readonly configs: ReadonlyMap<string, string>;
  readonly endOffsets: ReadonlyMap<string, string>;
  readonly groupOffsets: ReadonlyMap<string, string>;
}

/** Asks the broker on a fresh connection, so that nothing comes from a client's memory. */
export async function viewCluster(
  bootstrap: string,
  topics: readonly string[],
  groups: readonly string[],
): Promise<ClusterView> {
  return withAdmin(connect(bootstrap), async (admin) => ({
    topics: await topicLayout(admin, topics),
    configs: await topicConfigs(admin, topics),
    endOffsets: await endOffsets(admin, topics),
    groupOffsets: await groupOffsets(admin, topics, groups),
  }));
}

async function topicLayout(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const listed = new Set(await admin.listTopics());
  const metadata = await admin.fetchTopicMetadata({ topics: topics.filter((topic) => listed.has(topic)) });
  return new Map(metadata.topics.map(({ name, partitions }) => [name, `${partitions.length} partitions`]));
}

async function topicConfigs(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const resources = topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name }));
  const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
  return new Map(
    answer.resources.flatMap(({ resourceName, configEntries }) =>
      configEntries.map(({ configName, configValue }) => [`${resourceName} ${configName}`, configValue] as const),
    ),
  );
}

async function endOffsets(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const view = new Map<string, string>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      view.set(`${topic}-${partition}`, `${low}..${high}`);
    }
  }
  return view;
}

async function groupOffsets(
  admin: Admin,
  topics: readonly string[],
  groups: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const view = new Map<string, string>();
  for (const groupId of groups) {
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: [...topics] })) {
      for (const { partition, offset } of partitions) view.set(`${groupId} ${topic}-${partition}`, offset);
    }
  }
  return view;
}

/** Lines of `before` that are missing or different in `after`, and the other way round. */
function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}: ${before.get(name) ?? 'absent'} before, ${after.get(name) ?? 'absent'} after`);
}

export function compareMaps(
  what: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Comparison {
  return { what, before: count(before.size), after: count(after.size), differences: differences(before, after) };
}

/** Records by `topic-partition@offset`, each with a digest over all that belongs to it. */
export function fingerprints(records: readonly ReadRecord[]): ReadonlyMap<string, string> {
  return new Map(
    records.map((record) => [
      `${record.topic}-${record.partition}@${record.offset}`,
      digest(record.key, record.value, record.headers, record.timestamp),
    ]),
  );
}

/** What was produced and what was read, as multisets: one comparison that does not trust the broker for its "before". */
export function compareWithSource(produced: readonly DemoRecord[], read: readonly ReadRecord[]): Comparison {
  const expected = tally(
    produced.map((record) =>
      digest(
        Buffer.from(record.key),
        record.value === null ? null : Buffer.from(record.value),
        Object.entries(record.headers),
        record.timestamp,
      ),
    ),
  );
  const found = tally(read.map((record) => digest(record.key, record.value, record.headers, record.timestamp)));
  return {
    what: 'records against the data set',
    before: count(produced.length),
    after: count(read.length),
    differences: differences(expected, found),
  };
}

function tally(digests: readonly string[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const value of digests) counts.set(value, (counts.get(value) ?? 0) + 1);
  return new Map([...counts].map(([value, times]) => [value, String(times)]));
}

function digest(
  key: Buffer | null,
  value: Buffer | null,
  headers: readonly (readonly [string, string])[],
  timestamp: string,
): string {
  const hash = createHash('sha256');
  for (const part of [key, value]) hash.update(part === null ? '-' : `${part.length}:`).update(part ?? '');
  return hash.update(JSON.stringify([headers, timestamp])).digest('base64');
}

/** Where a group that goes on from its committed offsets starts reading, per partition. */
export function startingPoints(records: readonly ReadRecord[]): ReadonlyMap<string, string> {
  const starts = new Map<string, string>();
  for (const record of records) {
    const name = `${record.topic}-${record.partition}`;
    const known = starts.get(name);
    if (known === undefined || BigInt(record.offset) < BigInt(known)) starts.set(name, record.offset);
  }
  return starts;
}
