import { apis, buildBatch, encodeRequest } from '../../broker/src/kafka/index.ts';
import type { ApiKey, ApiNameOf, Fields, RequestInput } from '../../broker/src/kafka/index.ts';

/** What the requests are about. */
export interface Subject {
  readonly topic: string;
  readonly topicId: string;
  readonly group: string;
}

export interface ServedVersions {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** A request as a sound client would send it. */
export interface GoldenFrame {
  readonly name: string;
  readonly version: number;
  /** With its size. */
  readonly bytes: Buffer;
}

export const FUZZ_CLIENT = 'chronik-fuzz';

/** One sound frame for every version of every request that the broker says it serves. */
export function goldenFrames(served: readonly ServedVersions[], subject: Subject): readonly GoldenFrame[] {
  return served.flatMap(({ apiKey, minVersion, maxVersion }) => {
    const api = apis.get(apiKey);
    if (api === undefined) throw new Error(`the broker serves API ${apiKey}, which the codec does not know`);
    const body = sample(api.schema.request.fields, '', subject);
    // Produce is advertised from version 0 on for the sake of old clients, as Kafka does; it has no schema before 3.
    const first = Math.max(minVersion, api.minVersion);
    return Array.from({ length: maxVersion - first + 1 }, (_, index) => {
      const version = first + index;
      const key = apiKey as ApiKey;
      // Made from the schema of just this request; what a version does not have is left out by the codec.
      const input = body as unknown as RequestInput<ApiNameOf<ApiKey>>;
      return { name: api.name, version, bytes: Buffer.concat(encodeRequest(key, version, 0, FUZZ_CLIENT, input)) };
    });
  });
}

function sample(fields: Fields, structure: string, subject: Subject): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const spec = typeof field === 'string' ? field : field.spec;
    const [type = ''] = spec.split(' ');
    if (typeof field !== 'string') {
      const member = sample(field.fields, type, subject);
      value[name] = field.shape === 'array' ? [member] : member;
    } else if (type.startsWith('[]')) {
      value[name] = [leaf(name, type.slice(2), structure, subject)];
    } else {
      value[name] = leaf(name, type, structure, subject);
    }
  }
  return value;
}

/** Values that bring a request past the first checks, by the names of Kafka's fields; anything else is small. */
const NUMBERS: Readonly<Record<string, number>> = {
  acks: -1,
  timeoutMs: 1000,
  maxWaitMs: 50,
  minBytes: 1,
  maxBytes: 1 << 20,
  partitionMaxBytes: 1 << 16,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  replicaId: -1,
  sessionEpoch: -1,
  lastFetchedEpoch: -1,
  currentLeaderEpoch: -1,
  leaderEpoch: -1,
  timestamp: -1,
  committedTimestamp: -1,
  retentionTimeMs: -1,
  numPartitions: 1,
  replicationFactor: 1,
  resourceType: 2,
  coordinatorType: 0,
  keyType: 0,
  producerId: -1,
  producerEpoch: -1,
  transactionTimeoutMs: 60_000,
  generationId: -1,
  generationIdOrMemberEpoch: -1,
  responsePartitionLimit: 10,
  count: 2,
  endpointType: 1,
};

function leaf(name: string, kind: string, structure: string, subject: Subject): unknown {
  switch (kind) {
    case 'bool':
      return name === 'validateOnly';
    case 'string':
      return text(name, structure, subject);
    case 'uuid':
      return /topic/i.test(name) ? subject.topicId : Buffer.alloc(16, 7).toString('base64url');
    case 'bytes':
      return Buffer.from('fuzz');
    case 'records':
      return Buffer.from(
        buildBatch({ records: [{ key: null, value: Buffer.from('fuzz'), timestampMs: 1_767_225_600_000 }] }),
      );
    case 'big64':
      return 0n;
    default:
      return NUMBERS[name] ?? 0;
  }
}

function text(name: string, structure: string, subject: Subject): string | null {
  if (/^(groupInstanceId|transactionalId)$/.test(name)) return null;
  if (/^(memberId|rackId|reason)$/.test(name)) return '';
  if (/group|^key$|coordinatorKeys/i.test(name)) return subject.group;
  if (name === 'protocolType') return 'consumer';
  if (structure === 'JoinGroupRequestProtocol') return 'range';
  if (structure.includes('AlterableConfig') || structure.includes('CreatableTopicConfig')) {
    return name === 'name' ? 'max.message.bytes' : '1000000';
  }
  return subject.topic;
}
