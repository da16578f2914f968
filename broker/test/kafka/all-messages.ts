import { apis } from '../../src/kafka/index.ts';
import { parseVersions } from '../../src/kafka/codec/spec.ts';
import type { CoordinatorRecordSchema, Schema } from '../../src/kafka/notation.ts';
import * as data from '../../src/kafka/schema/data.ts';
import * as headers from '../../src/kafka/schema/headers.ts';
import { offsetsRecords } from '../../src/kafka/schema/records-offsets.ts';
import { shareRecords } from '../../src/kafka/schema/records-share.ts';
import { streamsRecords } from '../../src/kafka/schema/records-streams.ts';
import { transactionsRecords } from '../../src/kafka/schema/records-transactions.ts';

export const coordinatorSchemas: readonly CoordinatorRecordSchema[] = [
  ...Object.values(offsetsRecords),
  ...Object.values(shareRecords),
  ...Object.values(streamsRecords),
  ...Object.values(transactionsRecords),
];

/** Every message there is. */
export const allSchemas: readonly Schema[] = [
  ...[...apis.values()].flatMap(({ schema }): Schema[] => [schema.request, schema.response]),
  ...Object.values(headers),
  ...Object.values(data),
  ...coordinatorSchemas.flatMap(({ key, value }) => [key, value]),
];

/** Every message in every version. */
export function* allVersions(): Generator<{ readonly schema: Schema; readonly version: number }> {
  for (const schema of allSchemas) {
    const { min, max } = parseVersions(schema.versions);
    for (let version = min; version <= max; version++) yield { schema, version };
  }
}
