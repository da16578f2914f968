import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  KafkaErrors,
  apis,
  isRetriable,
  kafkaErrorName,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../src/kafka/index.ts';
import type { Schema } from '../../src/kafka/notation.ts';
import * as data from '../../src/kafka/schema/data.ts';
import * as headers from '../../src/kafka/schema/headers.ts';
import { allSchemas, coordinatorSchemas } from './all-messages.ts';
import { coordinatorMessages as records, readData, wireMessages as wire } from './reference-data.ts';
import { type JsonMessage, comparableFromJson, comparableFromSchema } from './schema-text.ts';

/** Our schema against Kafka's, message by message and field by field. */

function compareMessage(schema: Schema, expected: JsonMessage): void {
  assert.equal(schema.name, expected.name);
  assert.equal(schema.versions, expected.validVersions, `${expected.name}: valid versions`);
  assert.equal(schema.flexible, expected.flexibleVersions ?? 'none', `${expected.name}: flexible versions`);
  assert.deepEqual(comparableFromSchema(schema.fields), comparableFromJson(expected), expected.name);
}

test('every request and response has the fields, versions, tags and defaults of Kafka', () => {
  const expected = wire.filter(({ type }) => type === 'request' || type === 'response');
  assert.equal(apis.size * 2, expected.length);
  for (const message of expected) {
    const api = apis.get(message.apiKey ?? -1);
    assert.ok(api, message.name);
    compareMessage(message.type === 'request' ? api.schema.request : api.schema.response, message);
    if (message.type === 'request') {
      assert.equal(api.latestVersionUnstable, message.latestVersionUnstable ?? false, message.name);
    }
  }
});

test('headers and built-in structures are those of Kafka', () => {
  const ours = new Map<string, Schema>(
    [...Object.values(headers), ...Object.values(data)].map((schema) => [schema.name, schema]),
  );
  const expected = wire.filter(({ type }) => type === 'header' || type === 'data');
  assert.deepEqual([...ours.keys()].toSorted(), expected.map(({ name }) => name).toSorted());
  for (const message of expected) compareMessage(ours.get(message.name) as Schema, message);
});

test('records of the coordinators are those of Kafka', () => {
  const ours = new Map<string, Schema>();
  const types = new Map<string, number>();
  for (const { name, type, key, value } of coordinatorSchemas) {
    ours.set(key.name, key).set(value.name, value);
    types.set(`${name}Key`, type).set(`${name}Value`, type);
  }
  assert.deepEqual([...ours.keys()].toSorted(), records.map(({ name }) => name).toSorted());
  for (const message of records) {
    compareMessage(ours.get(message.name) as Schema, message);
    assert.equal(types.get(message.name), message.apiKey, message.name);
  }
});

test('error codes and whether clients retry are those of Kafka', () => {
  const expected = readData<{ name: string; code: number; retriable: boolean }>('errors.json');
  assert.deepEqual({ ...KafkaErrors }, Object.fromEntries(expected.map(({ name, code }) => [name, code])));
  for (const { name, code, retriable } of expected) {
    assert.equal(isRetriable(code), retriable, name);
    assert.equal(kafkaErrorName(code), name);
  }
  assert.equal(kafkaErrorName(30_000), undefined);
});

test('header versions follow the flexible versions, but an ApiVersions response always has header 0', () => {
  const seen: string[] = [];
  for (const [key, version] of [
    [0, 8],
    [0, 9],
    [18, 2],
    [18, 3],
    [17, 1],
    [68, 0],
  ] as const) {
    const api = apis.get(key);
    assert.ok(api);
    seen.push(`${api.name} ${version}: ${requestHeaderVersion(api, version)} ${responseHeaderVersion(api, version)}`);
  }
  assert.deepEqual(seen, [
    'Produce 8: 1 0',
    'Produce 9: 2 1',
    'ApiVersions 2: 1 0',
    'ApiVersions 3: 2 0',
    'SaslHandshake 1: 1 0',
    'ConsumerGroupHeartbeat 0: 2 1',
  ]);
});

test('only these 64-bit fields are not plain safe integers', () => {
  const special: string[] = [];
  const walk = (path: string, fields: Schema['fields']): void => {
    for (const [name, field] of Object.entries(fields)) {
      if (typeof field !== 'string') walk(`${path}.${name}`, field.fields);
      else if (/^(clamp|big)64/.test(field)) special.push(`${path}.${name} ${field.split(' ')[0]}`);
    }
  };
  for (const { name, fields } of allSchemas) walk(name, fields);
  assert.deepEqual(special.toSorted(), [
    'ConsumerGroupMetadataValue.metadataHash big64',
    'CreateDelegationTokenRequest.maxLifetimeMs clamp64',
    'DeleteRecordsRequest.topics.partitions.offset clamp64',
    'ExpireDelegationTokenRequest.expiryTimePeriodMs clamp64',
    'FetchRequest.topics.partitions.fetchOffset clamp64',
    'FetchRequest.topics.partitions.highWatermark big64',
    'ListOffsetsRequest.topics.partitions.timestamp clamp64',
    'ListTransactionsRequest.durationFilter clamp64',
    'OffsetCommitRequest.retentionTimeMs clamp64',
    'OffsetCommitRequest.topics.partitions.committedOffset clamp64',
    'RenewDelegationTokenRequest.renewPeriodMs clamp64',
    'ShareGroupMetadataValue.metadataHash big64',
    'StreamsGroupMetadataValue.metadataHash big64',
    'TxnOffsetCommitRequest.topics.partitions.committedOffset clamp64',
  ]);
});
