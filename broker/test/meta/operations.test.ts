import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ConfigScope } from '../../src/meta/config-defs/effective.ts';
import { topicConfig } from '../../src/meta/config-defs/effective.ts';
import type { MetadataEvent } from '../../src/meta/event.ts';
import type { FrozenImage } from '../../src/meta/frozen-image.ts';
import type { MetadataImage } from '../../src/meta/image.ts';
import { alterConfigs, replaceConfigs } from '../../src/meta/operations/alter-configs.ts';
import type { ConfigOperation } from '../../src/meta/operations/alter-configs.ts';
import { createPartitions } from '../../src/meta/operations/create-partitions.ts';
import { createTopics } from '../../src/meta/operations/create-topics.ts';
import type { CreateTopicsOptions, NewTopic } from '../../src/meta/operations/create-topics.ts';
import { deleteTopics } from '../../src/meta/operations/delete-topics.ts';
import { allocateProducerIds } from '../../src/meta/operations/producer-ids.ts';
import { created, imageOf, registered, topicId } from './support/history.ts';

const scope: Omit<ConfigScope, 'image'> = { broker: 0, staticConfigs: new Map() };

function options(internal = false): CreateTopicsOptions {
  let next = 100;
  return { scope, internal, newTopicId: () => topicId((next += 1)) };
}

function topic(name: string, more: Partial<NewTopic> = {}): NewTopic {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...more };
}

/** The answer to one topic: its outcome, or the error and its message. */
function create(image: FrozenImage, request: NewTopic, internal = false): string {
  const { events, result } = createTopics(image, [request], options(internal));
  const [answer] = result;
  assert.equal(events.length, answer?.outcome === 'created' ? 1 : 0);
  imageOf(events, image);
  return answer?.outcome === 'refused' ? `${answer.error}: ${answer.message}` : (answer?.outcome ?? '');
}

const one = imageOf([registered(0, 1), created('orders', topicId(1), 0, 1, 3), created('a_b', topicId(2), 0, 1)]);
const three = imageOf([registered(0, 1), registered(1, 1), registered(2, 1)]);

describe('creating topics', () => {
  test('defaults come from the brokers’ configuration', () => {
    const base = imageOf([registered(0, 1), registered(1, 1)]);
    const changes = new Map([
      ['num.partitions', '6'],
      ['default.replication.factor', '2'],
    ]);
    const image = imageOf([{ kind: 'brokerConfigsChanged', broker: undefined, changes }], base);
    const { result } = createTopics(image, [topic('orders')], options());
    assert.deepEqual(result, [
      {
        name: 'orders',
        outcome: 'created',
        topicId: topicId(101),
        numPartitions: 6,
        replicationFactor: 2,
        configs: new Map(),
      },
    ]);
    const withStatic = { ...options(), scope: { ...scope, staticConfigs: new Map([['num.partitions', '9']]) } };
    const [answer] = createTopics(base, [topic('orders')], withStatic).result;
    assert.equal(answer?.outcome === 'created' && answer.numPartitions, 9);
  });

  test('names are checked as Kafka checks them', () => {
    const invalid = 'INVALID_TOPIC_EXCEPTION: Topic name is invalid: ';
    for (const [name, answer] of [
      ['', `${invalid}the empty string is not allowed`],
      ['.', `${invalid}'.' is not allowed`],
      ['..', `${invalid}'..' is not allowed`],
      ['a b', `${invalid}'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`],
      ['x'.repeat(250), `${invalid}the length of '${'x'.repeat(250)}' is longer than the max allowed length 249`],
      ['x'.repeat(249), 'created'],
      ['A.z_0-9', 'created'],
      ['orders', "TOPIC_ALREADY_EXISTS: Topic 'orders' already exists."],
      ['a.b', "INVALID_TOPIC_EXCEPTION: Topic 'a.b' collides with existing topic: a_b"],
      ['__consumer_offsets', `${invalid}'__consumer_offsets' is created by the broker itself`],
    ] as const) {
      assert.equal(create(one, topic(name)), answer);
    }
  });

  test('topics of one request see one another: twice the same, and names that collide', () => {
    const { result, events } = createTopics(
      one,
      [topic('twice'), topic('twice'), topic('x.y'), topic('x_y'), topic('good')],
      options(),
    );
    assert.deepEqual(
      result.map((answer) => (answer.outcome === 'refused' ? answer.error : answer.outcome)),
      ['INVALID_REQUEST', 'INVALID_REQUEST', 'created', 'INVALID_TOPIC_EXCEPTION', 'created'],
    );
    assert.equal(imageOf(events, one).topicCount, 4);
  });

  test('numbers of partitions and replicas are checked', () => {
    for (const [more, error] of [
      [{ numPartitions: 0 }, 'INVALID_PARTITIONS'],
      [{ numPartitions: -2 }, 'INVALID_PARTITIONS'],
      [{ numPartitions: 10_001 }, 'POLICY_VIOLATION'],
      [{ replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
      [{ replicationFactor: 2 }, 'INVALID_REPLICATION_FACTOR'],
    ] as const) {
      assert.match(create(one, topic('new', more)), new RegExp(`^${error}`));
    }
    assert.equal(create(one, topic('new', { numPartitions: 10_000, replicationFactor: 1 })), 'created');
  });

  test('assignments by hand are checked and kept', () => {
    const at = (...brokers: readonly number[]): NewTopic['assignments'] => [{ partition: 0, brokers }];
    for (const [more, error] of [
      [{ assignments: at(0), numPartitions: 1 }, 'INVALID_REQUEST'],
      [{ assignments: at(0), replicationFactor: 1 }, 'INVALID_REQUEST'],
      [{ assignments: at() }, 'INVALID_REPLICA_ASSIGNMENT'],
      [{ assignments: at(0, 0) }, 'INVALID_REPLICA_ASSIGNMENT'],
      [{ assignments: at(7) }, 'INVALID_REPLICA_ASSIGNMENT'],
      [{ assignments: [{ partition: 1, brokers: [0] }] }, 'INVALID_REPLICA_ASSIGNMENT'],
      [{ assignments: [...at(0, 1), { partition: 1, brokers: [0] }] }, 'INVALID_REPLICA_ASSIGNMENT'],
    ] as const) {
      assert.match(create(three, topic('new', more)), new RegExp(`^${error}`));
    }
    const assignments = [
      { partition: 1, brokers: [2, 0] },
      { partition: 0, brokers: [1, 2] },
    ];
    const { events } = createTopics(three, [topic('new', { assignments })], options());
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'topicCreated' ? event.partitions : [])),
      [
        { replicas: [1, 2], leader: 1, streamEpoch: 1 },
        { replicas: [2, 0], leader: 2, streamEpoch: 1 },
      ],
    );
  });

  test('preferred leaders go round the live brokers; one that is not live is a replica at most', () => {
    const sealed: MetadataEvent = { kind: 'streamSealed', broker: 1, epoch: 1, slot: 3, hash: Buffer.alloc(32) };
    const image = imageOf([sealed], three);
    const { events } = createTopics(image, [topic('new', { numPartitions: 4, replicationFactor: 3 })], options());
    const after = imageOf(events, image);
    const partitions = after.topic('new')?.partitions ?? [];
    assert.deepEqual(new Set(partitions.map(({ leader }) => leader)), new Set([0, 2]));
    for (const { replicas, leader } of partitions) {
      assert.equal(replicas[0], leader);
      assert.deepEqual(new Set(replicas), new Set([0, 1, 2]));
    }
  });

  test('configurations are honoured or refused, never ignored', () => {
    const config = (name: string, value: string | null): string =>
      create(one, topic('new', { configs: [{ name, value }] }));
    const keeps = 'records are kept until DeleteRecords or the deletion of the topic removes them';
    for (const [name, value, answer] of [
      ['max.message.bytes', '2000000', 'created'],
      [
        'max.message.bytes',
        'many',
        'INVALID_CONFIG: Invalid value many for configuration max.message.bytes: Not a number of type INT',
      ],
      [
        'max.message.bytes',
        '-1',
        'INVALID_CONFIG: Invalid value -1 for configuration max.message.bytes: Value must be at least 0',
      ],
      [
        'max.message.bytes',
        '2147483648',
        'INVALID_CONFIG: Invalid value 2147483648 for configuration max.message.bytes: Not a number of type INT',
      ],
      ['message.timestamp.type', 'LogAppendTime', 'created'],
      [
        'message.timestamp.type',
        'Now',
        'INVALID_CONFIG: Invalid value Now for configuration message.timestamp.type: String must be one of: CreateTime, LogAppendTime',
      ],
      ['retention.ms', '-1', 'created'],
      [
        'retention.ms',
        '604800000',
        `INVALID_CONFIG: Invalid value 604800000 for configuration retention.ms: this release supports only the value -1: ${keeps}`,
      ],
      ['cleanup.policy', 'delete', 'created'],
      [
        'cleanup.policy',
        'compact',
        'INVALID_CONFIG: Invalid value compact for configuration cleanup.policy: this release supports only the value delete: this release does not compact topics',
      ],
      ['flush.ms', '9223372036854775807', 'created'],
      ['preallocate', 'FALSE', 'created'],
      [
        'preallocate',
        'maybe',
        'INVALID_CONFIG: Invalid value maybe for configuration preallocate: Expected value to be either true or false',
      ],
      ['min.cleanable.dirty.ratio', '0.50', 'created'],
      ['nonsense', '1', 'INVALID_CONFIG: Unknown topic config name: nonsense'],
      ['retention.ms', null, 'INVALID_CONFIG: Null value not supported for topic configs: retention.ms'],
    ] as const) {
      assert.equal(config(name, value), answer);
    }
  });

  test('the broker creates its own topics, compacted', () => {
    const configs = [{ name: 'cleanup.policy', value: 'compact' }];
    assert.equal(create(one, topic('__consumer_offsets', { configs, numPartitions: 50 }), true), 'created');
    assert.match(
      create(one, topic('__consumer_offsets', { configs: [{ name: 'cleanup.policy', value: 'delete' }] }), true),
      /^INVALID_CONFIG/,
    );
  });

  test('whatever is asked, the events fit the state', () => {
    const name = fc.oneof(
      fc.constantFrom('orders', 'a.b', 'a_b', '__consumer_offsets', 'new'),
      fc.string({ maxLength: 5 }),
    );
    const request = fc.record({
      name,
      numPartitions: fc.integer({ min: -2, max: 5 }),
      replicationFactor: fc.integer({ min: -2, max: 4 }),
      assignments: fc.array(fc.record({ partition: fc.nat(2), brokers: fc.array(fc.nat(3), { maxLength: 3 }) }), {
        maxLength: 2,
      }),
      configs: fc.array(
        fc.record({
          name: fc.constantFrom('retention.ms', 'max.message.bytes', 'cleanup.policy', 'x'),
          value: fc.option(fc.constantFrom('-1', '5', 'compact', 'delete', ''), { nil: null }),
        }),
        { maxLength: 2 },
      ),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 5 }), fc.constantFrom(one, three), (requests, image) => {
        const { events, result } = createTopics(image, requests, options());
        assert.equal(result.length, requests.length);
        const after = imageOf(events, image);
        assert.equal(after.ignoredEventCount, 0);
        assert.equal(after.topicCount, image.topicCount + result.filter(({ outcome }) => outcome === 'created').length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('deleting topics', () => {
  test('by name and by id; unknown, twice named and internal ones are refused', () => {
    const image = imageOf([created('__consumer_offsets', topicId(3), 0, 1)], one);
    const { events, result } = deleteTopics(image, [
      { by: 'name', name: 'orders' },
      { by: 'id', topicId: topicId(2) },
      { by: 'name', name: 'gone' },
      { by: 'id', topicId: topicId(9) },
      { by: 'name', name: '__consumer_offsets' },
    ]);
    assert.deepEqual(
      result.map((answer) => (answer.outcome === 'refused' ? answer.error : answer.name)),
      ['orders', 'a_b', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INVALID_REQUEST'],
    );
    assert.equal(imageOf(events, image).topicCount, 1);
    const twice = deleteTopics(image, [
      { by: 'name', name: 'orders' },
      { by: 'id', topicId: topicId(1) },
    ]);
    assert.deepEqual([twice.events.length, twice.result[0]?.outcome], [0, 'refused']);
  });
});

describe('adding partitions', () => {
  test('only upwards, only to topics that are there', () => {
    const image = imageOf([created('__consumer_offsets', topicId(3), 0, 1)], one);
    for (const [name, count, error] of [
      ['orders', 3, 'INVALID_PARTITIONS'],
      ['orders', 2, 'INVALID_PARTITIONS'],
      ['orders', 10_004, 'POLICY_VIOLATION'],
      ['gone', 5, 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['__consumer_offsets', 5, 'INVALID_PARTITIONS'],
    ] as const) {
      const [answer] = createPartitions(image, [{ name, count, assignments: undefined }]).result;
      assert.equal(answer?.outcome === 'refused' && answer.error, error);
    }
    const { events, result } = createPartitions(image, [{ name: 'orders', count: 5, assignments: undefined }]);
    assert.equal(result[0]?.outcome, 'added');
    assert.deepEqual(
      imageOf(events, image)
        .topic('orders')
        ?.partitions.map(({ index }) => index),
      [0, 1, 2, 3, 4],
    );
  });

  test('by hand: as many as asked for, with as many replicas as the first', () => {
    const add = (assignments: readonly (readonly number[])[]): string | undefined => {
      const [answer] = createPartitions(one, [{ name: 'orders', count: 5, assignments }]).result;
      return answer?.outcome === 'refused' ? answer.error : answer?.outcome;
    };
    assert.equal(add([[0]]), 'INVALID_REPLICA_ASSIGNMENT');
    assert.equal(add([[0], [0, 1]]), 'INVALID_REPLICA_ASSIGNMENT');
    assert.equal(add([[0], [5]]), 'INVALID_REPLICA_ASSIGNMENT');
    assert.equal(add([[0], [0]]), 'added');
  });
});

describe('altering configurations', () => {
  function alter(
    image: FrozenImage,
    name: string,
    operations: readonly ConfigOperation[],
    type: 'topic' | 'broker' = 'topic',
  ) {
    const { events, result } = alterConfigs(image, [{ resource: { type, name }, operations }], scope);
    const [answer] = result;
    return {
      answer: answer?.outcome === 'refused' ? `${answer.error}: ${answer.message}` : answer?.outcome,
      image: imageOf(events, image),
      events,
    };
  }
  const set = (name: string, value: string | null): ConfigOperation => ({ name, operation: 'set', value });

  test('set, delete and the default that comes back', () => {
    const { image } = alter(one, 'orders', [set('max.message.bytes', '5000')]);
    const valueIn = (state: MetadataImage): string =>
      topicConfig({ image: state, ...scope }, state.topic('orders'), 'max.message.bytes');
    assert.equal(valueIn(image), '5000');
    const back = alter(image, 'orders', [{ name: 'max.message.bytes', operation: 'delete', value: null }]);
    assert.equal(valueIn(back.image), '1048588');
    // Nothing to change, nothing in the log.
    assert.equal(
      alter(back.image, 'orders', [{ name: 'max.message.bytes', operation: 'delete', value: null }]).events.length,
      0,
    );
    assert.equal(alter(image, 'orders', [set('max.message.bytes', '5000')]).events.length, 0);
  });

  test('append and subtract work on lists from the value that holds, on nothing else', () => {
    const list = (operation: 'append' | 'subtract', value: string): ConfigOperation => ({
      name: 'cleanup.policy',
      operation,
      value,
    });
    assert.equal(alter(one, 'orders', [list('append', 'delete')]).answer, 'altered');
    assert.match(
      alter(one, 'orders', [list('append', 'compact')]).answer ?? '',
      /^INVALID_CONFIG: Invalid value delete,compact/,
    );
    assert.match(alter(one, 'orders', [list('subtract', 'delete')]).answer ?? '', /^INVALID_CONFIG/);
    assert.equal(
      alter(one, 'orders', [{ name: 'max.message.bytes', operation: 'append', value: '1' }]).answer,
      "INVALID_CONFIG: Can't APPEND to key max.message.bytes because its type is not LIST.",
    );
  });

  test('one wrong operation refuses all of the resource', () => {
    const { answer, events } = alter(one, 'orders', [set('max.message.bytes', '5000'), set('segment.ms', '1')]);
    assert.match(
      answer ?? '',
      /^INVALID_CONFIG: Invalid value 1 for configuration segment\.ms: this release supports only/,
    );
    assert.equal(events.length, 0);
  });

  test('unknown resources and names, nulls and duplicates are refused', () => {
    assert.match(alter(one, 'gone', []).answer ?? '', /^UNKNOWN_TOPIC_OR_PARTITION/);
    assert.match(alter(one, 'orders', [set('no', '1')]).answer ?? '', /^INVALID_CONFIG: Unknown topic config name: no/);
    assert.match(alter(one, 'orders', [set('segment.ms', null)]).answer ?? '', /^INVALID_REQUEST/);
    assert.match(
      alter(one, 'orders', [set('segment.ms', '1'), set('segment.ms', '1')]).answer ?? '',
      /^INVALID_REQUEST/,
    );
    assert.match(alter(one, '7', [], 'broker').answer ?? '', /^INVALID_REQUEST/);
    assert.match(alter(one, 'zero', [], 'broker').answer ?? '', /^INVALID_REQUEST/);
    const twice = { resource: { type: 'topic', name: 'orders' }, operations: [] } as const;
    assert.equal(alterConfigs(one, [twice, twice], scope).result[1]?.outcome, 'refused');
  });

  test('a broker’s value counts before that of all brokers, and both before the settings of the process', () => {
    const scoped = { broker: 0, staticConfigs: new Map([['message.max.bytes', '1']]) };
    const valueIn = (image: MetadataImage): string =>
      topicConfig({ image, ...scoped }, image.topic('orders'), 'max.message.bytes');
    assert.equal(valueIn(one), '1');
    const all = alter(one, '', [set('message.max.bytes', '2')], 'broker').image;
    assert.equal(valueIn(all), '2');
    const own = alter(all, '0', [set('message.max.bytes', '3')], 'broker').image;
    assert.equal(valueIn(own), '3');
    const topicsOwn = alter(own, 'orders', [set('max.message.bytes', '4')]).image;
    assert.equal(valueIn(topicsOwn), '4');
  });

  test('what the settings of the process decide cannot be altered by clients', () => {
    assert.equal(
      alter(one, '0', [set('socket.request.max.bytes', '1000')], 'broker').answer,
      'INVALID_REQUEST: Cannot update these configs dynamically: socket.request.max.bytes',
    );
    assert.match(
      alter(one, '', [set('num.network.threads', '3')], 'broker').answer ?? '',
      /^INVALID_CONFIG: Unknown broker config name/,
    );
    assert.match(
      alter(one, '', [set('log.retention.ms', '1000')], 'broker').answer ?? '',
      /^INVALID_CONFIG: .*supports only the value -1/,
    );
  });

  test('replacing keeps what is said again, removes the rest', () => {
    const { image } = alter(one, 'orders', [set('max.message.bytes', '5000'), set('retention.ms', '-1')]);
    const resource = { type: 'topic', name: 'orders' } as const;
    const { events, result } = replaceConfigs(
      image,
      [{ resource, operations: [set('max.message.bytes', '5000')] }],
      scope,
    );
    assert.equal(result[0]?.outcome, 'altered');
    assert.deepEqual(imageOf(events, image).topic('orders')?.configs, new Map([['max.message.bytes', '5000']]));
  });

  test('the cleanup policy of the broker’s own topics stays', () => {
    const internal = {
      ...created('__consumer_offsets', topicId(3), 0, 1),
      configs: new Map([['cleanup.policy', 'compact']]),
    } as MetadataEvent;
    const image = imageOf([internal], one);
    const name = '__consumer_offsets';
    assert.match(alter(image, name, [set('cleanup.policy', 'delete')]).answer ?? '', /^INVALID_CONFIG/);
    assert.match(
      alter(image, name, [{ name: 'cleanup.policy', operation: 'delete', value: null }]).answer ?? '',
      /^INVALID_CONFIG/,
    );
    assert.equal(
      replaceConfigs(image, [{ resource: { type: 'topic', name }, operations: [] }], scope).result[0]?.outcome,
      'refused',
    );
    assert.equal(alter(image, name, [set('max.message.bytes', '5000')]).answer, 'altered');
  });
});

test('producer-id blocks follow one another', () => {
  const first = allocateProducerIds(one, 0);
  assert.deepEqual(first.result, { firstProducerId: 0, count: 1000 });
  const second = allocateProducerIds(imageOf(first.events, one), 0);
  assert.deepEqual(second.result, { firstProducerId: 1000, count: 1000 });
});
