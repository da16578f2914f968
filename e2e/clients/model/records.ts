import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';

export type Header = readonly [name: string, value: Buffer];

/**
 * A record as it is handed to a client. Keys and values are UTF-8 without tabs and line ends, which is what every tool, those
 * that read lines included, can carry.
 */
export interface RecordToWrite {
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

/** A record as a client gave it back. */
export interface SeenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

const HEADERS: readonly Header[] = [
  ['origin', Buffer.from('Zürich')],
  ['mark', Buffer.from('✔')],
];

/** The same four values for everyone: text in several scripts, a long one that compresses, JSON, and none (a tombstone). */
const VALUES: readonly (string | null)[] = [
  'Grüße aus Zürich, こんにちは東京, привет 🚀',
  'the same words again and again; '.repeat(400),
  '{"kind":"order","total":12.5,"note":"it\'s a \\"quoted\\" word"}',
  null,
];

/** What one client writes in one way; the keys say who wrote it and how, so that nothing can stand in for anything else. */
export function recordsOf(writer: string): readonly RecordToWrite[] {
  return VALUES.map((value, index) => ({
    key: Buffer.from(`${writer}/${index}`),
    value: value === null ? null : Buffer.from(value),
    headers: HEADERS,
  }));
}

/** Who wrote a record, by its key. */
export function writerOf(record: SeenRecord): string {
  const key = record.key?.toString() ?? '';
  return key.slice(0, key.lastIndexOf('/'));
}

/** One line that is equal exactly for equal bytes in key, value and headers. */
export function contentOf(record: Pick<SeenRecord, 'key' | 'value' | 'headers'>): string {
  const headers = record.headers.map(([name, value]) => `${name}=${value.toString('base64')}`).join(',');
  return `key ${bytes(record.key)} value ${bytes(record.value)} headers ${headers}`;
}

/** The same with the record's place in the topic. */
export function fingerprintOf(record: SeenRecord): string {
  return `${record.partition}@${record.offset} ${contentOf(record)}`;
}

function bytes(field: Buffer | null): string {
  if (field === null) return 'null';
  if (field.length <= 64 && isUtf8(field)) return JSON.stringify(field.toString());
  return `of ${field.length} bytes ${createHash('sha256').update(field).digest('hex').slice(0, 16)}`;
}

/** Throws unless both hold the same records, in whatever order; names the first few differences. */
export function expectSameRecords(seen: readonly SeenRecord[], expected: readonly SeenRecord[]): void {
  expectSameLines(seen.map(fingerprintOf), expected.map(fingerprintOf));
}

/** The same for lines, each of which stands for one record. */
export function expectSameLines(seen: readonly string[], expected: readonly string[]): void {
  const [got, wanted] = [new Set(seen), new Set(expected)];
  const missing = [...wanted].filter((line) => !got.has(line)).map((line) => `missing: ${line}`);
  const extra = [...got].filter((line) => !wanted.has(line)).map((line) => `unexpected: ${line}`);
  const twice = seen.length > got.size ? [`${seen.length - got.size} records came twice`] : [];
  const differences = [...missing, ...extra, ...twice];
  if (differences.length === 0) return;
  const some = differences.slice(0, 3).join('; ');
  throw new Error(`${seen.length} records, ${expected.length} expected; ${differences.length} differ: ${some}`);
}
