import { type VersionRange, parseVersions } from './codec/spec.ts';
import type { ApiSchema } from './notation.ts';
import { brokersApis } from './schema/brokers.ts';
import { configsApis } from './schema/configs.ts';
import { groupsClassicApis } from './schema/groups-classic.ts';
import { groupsConsumerApis } from './schema/groups-consumer.ts';
import { groupsShareStateApis } from './schema/groups-share-state.ts';
import { groupsShareApis } from './schema/groups-share.ts';
import { groupsStreamsApis } from './schema/groups-streams.ts';
import { metadataApis } from './schema/metadata.ts';
import { offsetsApis } from './schema/offsets.ts';
import { produceFetchApis } from './schema/produce-fetch.ts';
import { raftApis } from './schema/raft.ts';
import { removedApis } from './schema/removed.ts';
import { securityApis } from './schema/security.ts';
import { telemetryApis } from './schema/telemetry.ts';
import { topicsApis } from './schema/topics.ts';
import { transactionsApis } from './schema/transactions.ts';
import type { InputOf, MessageOf } from './types.ts';

const schemas = {
  ...produceFetchApis,
  ...metadataApis,
  ...offsetsApis,
  ...groupsClassicApis,
  ...groupsConsumerApis,
  ...groupsShareApis,
  ...groupsShareStateApis,
  ...groupsStreamsApis,
  ...transactionsApis,
  ...topicsApis,
  ...configsApis,
  ...securityApis,
  ...brokersApis,
  ...raftApis,
  ...telemetryApis,
  ...removedApis,
} as const;

type Schemas = typeof schemas;

/** Kafka's name of an API, e.g. `'Produce'`. */
export type ApiName = keyof Schemas;

/** The API keys, by name: `ApiKeys.Produce` is 0. */
export type ApiKeyOf<N extends ApiName> = Schemas[N]['key'];

export type ApiKey = ApiKeyOf<ApiName>;

/** The name that belongs to a key. */
export type ApiNameOf<K extends ApiKey> = { [N in ApiName]: Schemas[N]['key'] extends K ? N : never }[ApiName];

/** A decoded request or response, and what may be given to encode one. */
export type RequestOf<N extends ApiName> = MessageOf<Schemas[N]['request']>;
export type ResponseOf<N extends ApiName> = MessageOf<Schemas[N]['response']>;
export type RequestInput<N extends ApiName> = InputOf<Schemas[N]['request']>;
export type ResponseInput<N extends ApiName> = InputOf<Schemas[N]['response']>;

/** What is known of an API beside its fields. */
export interface ApiDefinition<N extends ApiName = ApiName> {
  readonly key: number;
  readonly name: N;
  /** Versions that Kafka 4.4 defines, both ends included; empty (`min > max`) for the keys that were removed. */
  readonly minVersion: number;
  readonly maxVersion: number;
  /** First version in the compact encoding with tagged fields; Infinity when there is none. */
  readonly flexibleFrom: number;
  /** Kafka does not offer `maxVersion` outside its own tests. */
  readonly latestVersionUnstable: boolean;
  readonly schema: Schemas[N];
}

function define(schema: Schemas[ApiName]): ApiDefinition {
  const { key, latestVersionUnstable, request }: ApiSchema = schema;
  const valid = parseVersions(request.versions);
  const flexible: VersionRange = parseVersions(request.flexible);
  return {
    key,
    name: schema.name,
    minVersion: valid.min,
    maxVersion: valid.max,
    flexibleFrom: flexible.min > flexible.max ? Number.POSITIVE_INFINITY : flexible.min,
    latestVersionUnstable,
    schema,
  };
}

/** Every API by key, in ascending order. */
export const apis: ReadonlyMap<number, ApiDefinition> = new Map(
  Object.values(schemas)
    .toSorted((a, b) => a.key - b.key)
    .map((schema) => [schema.key, define(schema)]),
);

/** Key of each API by name: `ApiKeys.Produce` is 0. */
export const ApiKeys = Object.fromEntries(Object.values(schemas).map(({ name, key }) => [name, key])) as {
  readonly [N in ApiName]: ApiKeyOf<N>;
};

/** The definition behind a name. */
export function apiNamed<N extends ApiName>(name: N): ApiDefinition<N> {
  return apis.get(ApiKeys[name]) as ApiDefinition<N>;
}

/** Header version of a request: 2 in flexible versions (KIP-482), otherwise 1. */
export function requestHeaderVersion(api: ApiDefinition, apiVersion: number): 1 | 2 {
  return apiVersion >= api.flexibleFrom ? 2 : 1;
}

/** Header version of a response. ApiVersions always has 0, as its client may not know any newer one (KIP-511). */
export function responseHeaderVersion(api: ApiDefinition, apiVersion: number): 0 | 1 {
  return api.name !== 'ApiVersions' && apiVersion >= api.flexibleFrom ? 1 : 0;
}
