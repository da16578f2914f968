import {
  ApiKeys,
  completeBatchSizeBytes,
  decodeResponse,
  encodeRequest,
  lastOffsetOf,
  recordCountOf,
} from '../../../broker/src/kafka/index.ts';
import { CLIENT_ID, Client } from './client.ts';
import type { Address } from './client.ts';
import type { LoadResult } from './result.ts';
import { MeasuredWindow } from './window.ts';
import type { WindowOptions } from './window.ts';

/** The newest version that names topics by name. */
const FETCH_VERSION = 12;
const NO_SESSION = { sessionId: 0, sessionEpoch: -1 };
/** Defaults of Kafka's consumer. */
const MAX_WAIT_MS = 500;
const MAX_BYTES = 50 * 1024 * 1024;

export interface FetchOptions extends WindowOptions {
  readonly address: Address;
  readonly topic: string;
  readonly partitions: number;
  /** Bytes of the value of one record, as it was produced. */
  readonly recordBytes: number;
  /** Each has its share of the partitions and one request under way. */
  readonly connections: number;
  /** `max.partition.fetch.bytes` */
  readonly partitionBytes: number;
}

/** Reads all partitions from the start to the end, over and over, until the window closes. */
export async function runFetchLoad(options: FetchOptions): Promise<LoadResult> {
  const window = new MeasuredWindow(options);
  const count = Math.min(options.connections, options.partitions);
  const readers: Reader[] = [];
  for (let i = 0; i < count; i++) {
    const client = await Client.connect(options.address);
    client.onFailure((error) => window.fail(error));
    const own = Array.from({ length: options.partitions }, (_, p) => p).filter((p) => p % count === i);
    readers.push(new Reader(client, own, options, window));
  }
  const closed = window.run();
  for (const reader of readers) reader.next();
  try {
    return await closed;
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** One connection that reads its partitions. */
class Reader {
  readonly #client: Client;
  readonly #positions: Map<number, number>;
  readonly #options: FetchOptions;
  readonly #window: MeasuredWindow;
  #order: number[];

  constructor(client: Client, partitions: readonly number[], options: FetchOptions, window: MeasuredWindow) {
    this.#client = client;
    this.#order = [...partitions];
    this.#positions = new Map(partitions.map((partition) => [partition, 0]));
    this.#options = options;
    this.#window = window;
  }

  next(): void {
    if (this.#window.isOver) return;
    const { topic, partitionBytes } = this.#options;
    const partitions = this.#order.map((partition) => ({
      partition,
      fetchOffset: this.#positions.get(partition) ?? 0,
      partitionMaxBytes: partitionBytes,
    }));
    const topics = [{ topic, partitions }];
    const limits = { maxWaitMs: MAX_WAIT_MS, minBytes: 1, maxBytes: MAX_BYTES };
    const body = { ...limits, ...NO_SESSION, topics, forgottenTopicsData: [] };
    const sentMs = performance.now();
    this.#client.send(encodeRequest(ApiKeys.Fetch, FETCH_VERSION, 0, CLIENT_ID, body), (payload) => {
      try {
        this.#window.answered(this.#take(payload), performance.now() - sentMs);
      } catch (error) {
        this.#window.fail(error as Error);
      }
      this.next();
    });
  }

  close(): void {
    this.#client.close();
  }

  /** Counts what came and moves the positions; a partition that was read to its end begins again. */
  #take(payload: Buffer): number {
    const { body } = decodeResponse(ApiKeys.Fetch, FETCH_VERSION, payload);
    let records = 0;
    const served: number[] = [];
    for (const { partitions } of body.responses) {
      for (const { partitionIndex, errorCode, highWatermark, records: bytes } of partitions) {
        if (errorCode !== 0) throw new Error(`partition ${partitionIndex} cannot be read: error ${errorCode}`);
        const run = bytes === null ? undefined : countRecords(bytes);
        if (run === undefined || run.records === 0) continue;
        records += run.records;
        served.push(partitionIndex);
        this.#positions.set(partitionIndex, run.nextOffset >= highWatermark ? 0 : run.nextOffset);
      }
    }
    if (records === 0) throw new Error('a fetch came back empty: produce into the topic first');
    // As Kafka's consumer does: who was served goes to the end.
    const isServed = new Set(served);
    this.#order = [...this.#order.filter((partition) => !isServed.has(partition)), ...served];
    return records * this.#options.recordBytes;
  }
}

/** Records of the complete batches; the last may be cut off (a broker may end at any byte). */
function countRecords(bytes: Buffer): { readonly records: number; readonly nextOffset: number } {
  let records = 0;
  let nextOffset = 0;
  for (let at = 0; at < bytes.length;) {
    const sizeBytes = completeBatchSizeBytes(bytes, at);
    if (sizeBytes === 0) break;
    records += recordCountOf(bytes, at);
    nextOffset = lastOffsetOf(bytes, at) + 1;
    at += sizeBytes;
  }
  return { records, nextOffset };
}
