import { ApiKeys, encodeRequest } from '../../../broker/src/kafka/index.ts';
import { CLIENT_ID, Client } from './client.ts';
import type { Address } from './client.ts';
import { checkProduced, primePartitions, produceFrames } from './produce-frame.ts';

export interface OverloadOptions {
  readonly address: Address;
  readonly topic: string;
  readonly partitions: number;
  /** Bytes that producers have under way at any time, whatever the broker takes. */
  readonly offeredBytes: number;
  /** Connections that ask for `MAX_BYTES` again and again and hardly read. */
  readonly slowReaders: number;
  readonly seconds: number;
}

export interface OverloadResult {
  readonly acknowledgedBytes: number;
  readonly readBytes: number;
}

const RECORD_BYTES = 16_384;
const BATCH_BYTES = 1_000_000;
const IN_FLIGHT = 8;
const FETCH_VERSION = 12;
const MAX_BYTES = 50 * 1024 * 1024;
const ASKED_AHEAD = 4;
/** A slow reader takes so often a chunk of 64 KiB. */
const READ_EVERY_MS = 200;

/** Producers that always have ten times too much under way, and readers that hardly read. */
export async function overload(options: OverloadOptions): Promise<OverloadResult> {
  const { address, topic, partitions } = options;
  const frames = produceFrames(topic, partitions, -1, { recordBytes: RECORD_BYTES, batchBytes: BATCH_BYTES });
  const { valueBytes } = frames[0]!;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const clients: Client[] = [];
  const connect = async (): Promise<Client> => {
    const client = await Client.connect(address);
    client.onFailure(failed.reject);
    clients.push(client);
    return client;
  };
  let isOver = false;
  let acknowledgedBytes = 0;
  const produceOn = (client: Client, index: number): void => {
    if (isOver) return;
    client.send(frames[index % frames.length]!.frame, (payload) => {
      try {
        checkProduced(payload);
        acknowledgedBytes += valueBytes;
        produceOn(client, index + 1);
      } catch (error) {
        failed.reject(error);
      }
    });
  };
  const fetchFrame = everything(topic, partitions);
  const fetchOn = (client: Client): void => {
    if (isOver) return;
    client.send(fetchFrame, () => fetchOn(client));
  };
  await primePartitions(await connect(), frames);
  const producers = Math.max(1, Math.round(options.offeredBytes / (IN_FLIGHT * BATCH_BYTES)));
  for (let i = 0; i < producers; i++) {
    const client = await connect();
    for (let ahead = 0; ahead < IN_FLIGHT; ahead++) produceOn(client, i + ahead);
  }
  const readers: Client[] = [];
  for (let i = 0; i < options.slowReaders; i++) {
    const client = await connect();
    client.takeOneChunk();
    for (let ahead = 0; ahead < ASKED_AHEAD; ahead++) fetchOn(client);
    readers.push(client);
  }
  const slowly = setInterval(() => {
    for (const client of readers) client.takeOneChunk();
  }, READ_EVERY_MS);
  try {
    const over = new Promise<void>((resolve) => setTimeout(resolve, options.seconds * 1000));
    await Promise.race([over, failed.promise]);
    const readBytes = readers.reduce((sum, client) => sum + client.receivedBytes, 0);
    return { acknowledgedBytes, readBytes };
  } finally {
    isOver = true;
    clearInterval(slowly);
    for (const client of clients) client.close();
  }
}

/** Asks for all partitions from the start. */
function everything(topic: string, partitions: number): readonly Buffer[] {
  const all = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    fetchOffset: 0,
    partitionMaxBytes: MAX_BYTES,
  }));
  return encodeRequest(ApiKeys.Fetch, FETCH_VERSION, 0, CLIENT_ID, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    topics: [{ topic, partitions: all }],
    forgottenTopicsData: [],
  });
}
