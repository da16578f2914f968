import type { ExaminedHistory, StoredGroups } from '../recovery/index.ts';
import type { Column } from './table.ts';

/** A table, before it becomes text or JSON. */
export interface Listing {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | number)[])[];
}

function text(title: string): Column {
  return { title };
}

function number(title: string): Column {
  return { title, isNumber: true };
}

export function listTopics({ metadata, partitions = [] }: ExaminedHistory): Listing {
  const rows = [...metadata.image.topics()].map((topic) => {
    const own = partitions.filter((held) => held.topic.id === topic.id);
    const records = own.reduce((sum, held) => sum + held.records, 0);
    const bytes = own.reduce((sum, held) => sum + held.bytes, 0);
    const configs = [...topic.configs].map(([name, value]) => `${name}=${value}`).join(' ');
    return [topic.name, topic.id, topic.partitions.length, records, bytes, configs];
  });
  const columns = [
    text('topic'),
    text('id'),
    number('partitions'),
    number('records'),
    number('bytes'),
    text('configs'),
  ];
  return { columns, rows: sorted(rows) };
}

export function listPartitions({ partitions = [] }: ExaminedHistory): Listing {
  const held = partitions.toSorted((a, b) =>
    a.topic.name === b.topic.name ? a.partition.index - b.partition.index : a.topic.name < b.topic.name ? -1 : 1,
  );
  const columns = [
    text('topic'),
    ...['partition', 'leader', 'leader epoch', 'start offset', 'end offset', 'batches', 'records', 'bytes'].map(number),
  ];
  const rows = held.map(({ topic, partition, endOffset, batches, records, bytes }) => {
    const { index, leader, leaderEpoch, logStartOffset } = partition;
    return [topic.name, index, leader, leaderEpoch, logStartOffset, endOffset, batches, records, bytes];
  });
  return { columns, rows };
}

export function listStreams({ metadata, data }: ExaminedHistory): Listing {
  const named = [text('log'), text('timeline'), text('broker')];
  const columns = [...named, ...['epoch', 'slots', 'batches', 'bytes'].map(number), text('end')];
  const log = metadata.epochs.map(({ epoch, slots, bytes, end }) => [
    'metadata',
    metadata.image.timeline,
    '',
    epoch,
    slots,
    0,
    bytes,
    endOf(end),
  ]);
  const wal = data.streams.map(({ timeline, broker, epoch, slots, batches, bytes, end }) => [
    'data',
    timeline,
    String(broker),
    epoch,
    slots,
    batches,
    bytes,
    endOf(end),
  ]);
  return { columns, rows: [...log, ...wal] };
}

function endOf(end: ExaminedHistory['data']['streams'][number]['end']): string {
  return end.kind === 'sealed' ? `sealed at slot ${end.at}` : 'open';
}

export function listSnapshots({ metadata }: ExaminedHistory): Listing {
  const columns = [number('epoch'), number('slot'), text('taken'), number('bytes'), text('state'), text('object')];
  const rows = metadata.snapshots.map(({ key, position, unixSeconds, sizeBytes, isIntact }) => {
    const taken = new Date(unixSeconds * 1000).toISOString();
    return [position.epoch, position.slot, taken, sizeBytes, isIntact ? 'intact' : 'damaged', key];
  });
  return { columns, rows };
}

/** A row for each committed offset; a group without any has one row of its own. */
export function listGroups({ partitions = [] }: ExaminedHistory, { groups }: StoredGroups): Listing {
  const ends = new Map(
    partitions.map((held) => [`${held.partition.index}/${held.topic.name}`, held.endOffset] as const),
  );
  const rows = groups.flatMap(({ group, members, generation, offsets }) => {
    const state = members === 0 ? 'Empty' : 'Stable';
    if (offsets.length === 0) return [[group, state, members, generation, '', '', '', '', '']];
    return offsets.map(({ topic, partition, offset }) => {
      const end = ends.get(`${partition}/${topic}`);
      return [
        group,
        state,
        members,
        generation,
        topic,
        partition,
        offset,
        end ?? '',
        end === undefined ? '' : end - offset,
      ];
    });
  });
  const columns = [text('group'), text('state'), number('members'), number('generation'), text('topic')];
  return { columns: [...columns, ...['partition', 'offset', 'end offset', 'lag'].map(number)], rows };
}

export function summarise(history: ExaminedHistory, { groups }: StoredGroups): Listing {
  const { metadata, data, partitions = [] } = history;
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const rows = [
    ['topics', metadata.image.topicCount, 0],
    ['partitions', metadata.image.partitionCount, total(partitions.map(({ bytes }) => bytes))],
    ['records', total(partitions.map(({ records }) => records)), total(partitions.map(({ bytes }) => bytes))],
    [
      'streams',
      metadata.epochs.length + data.streams.length,
      total([...metadata.epochs, ...data.streams].map(({ bytes }) => bytes)),
    ],
    ['snapshots', metadata.snapshots.length, total(metadata.snapshots.map(({ sizeBytes }) => sizeBytes))],
    ['groups', groups.length, 0],
  ];
  return { columns: [text('what'), number('number'), number('bytes')], rows };
}

function sorted(rows: readonly (readonly (string | number)[])[]): readonly (readonly (string | number)[])[] {
  return rows.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
}
