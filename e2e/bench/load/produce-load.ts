import { Client } from './client.ts';
import type { Address } from './client.ts';
import { checkProduced, primePartitions, produceFrames } from './produce-frame.ts';
import type { BatchShape, ProduceFrame } from './produce-frame.ts';
import type { LoadResult } from './result.ts';
import { MeasuredWindow } from './window.ts';
import type { WindowOptions } from './window.ts';

export interface ProduceOptions extends BatchShape, WindowOptions {
  readonly address: Address;
  readonly topic: string;
  readonly partitions: number;
  readonly acks: number;
  readonly connections: number;
  /** Requests ahead of their answers, per connection; of the closed loop only. */
  readonly inFlight: number;
  /** Bytes of record values per second; undefined = as fast as the answers come. */
  readonly rateBytes: number | undefined;
}

/** Produces until the window closes. Rejects when the broker refuses a batch or a connection ends. */
export async function runProduceLoad(options: ProduceOptions): Promise<LoadResult> {
  const window = new MeasuredWindow(options);
  const frames = produceFrames(options.topic, options.partitions, options.acks, options);
  const clients: Client[] = [];
  for (let i = 0; i < options.connections; i++) {
    const client = await Client.connect(options.address);
    client.onFailure((error) => window.fail(error));
    clients.push(client);
  }
  await primePartitions(clients[0]!, frames);
  const closed = window.run();
  if (options.rateBytes === undefined) saturate(clients, frames, options.inFlight, window);
  else pace(clients, frames, options.rateBytes, window);
  try {
    return await closed;
  } finally {
    for (const client of clients) client.close();
  }
}

/** Closed loop: every answer makes room for the next request. */
function saturate(
  clients: readonly Client[],
  frames: readonly ProduceFrame[],
  inFlight: number,
  window: MeasuredWindow,
): void {
  for (const [index, client] of clients.entries()) {
    let next = Math.floor((index * frames.length) / clients.length);
    const sendOne = (): void => {
      if (window.isOver) return;
      const { frame, valueBytes } = frames[next % frames.length]!;
      next += 1;
      const sentMs = performance.now();
      client.send(frame, (payload) => {
        window.answered(valueBytes, performance.now() - sentMs);
        checked(payload, window);
        sendOne();
      });
    };
    for (let i = 0; i < inFlight; i++) sendOne();
  }
}

/**
 * Open loop: a request is sent when it is due, whatever became of those before, and its latency counts from then. A broker
 * that stops for a second is so charged for every request of that second (no "coordinated omission").
 */
function pace(
  clients: readonly Client[],
  frames: readonly ProduceFrame[],
  rateBytes: number,
  window: MeasuredWindow,
): void {
  const intervalMs = (1000 * frames[0]!.valueBytes) / rateBytes;
  const startMs = performance.now();
  let sent = 0;
  const tick = (): void => {
    if (window.isOver) return;
    for (let dueMs = startMs + sent * intervalMs; dueMs <= performance.now(); dueMs += intervalMs) {
      const { frame, valueBytes } = frames[sent % frames.length]!;
      const client = clients[sent % clients.length]!;
      const since = dueMs;
      client.send(frame, (payload) => {
        window.answered(valueBytes, performance.now() - since);
        checked(payload, window);
      });
      sent += 1;
    }
    setTimeout(tick, 1);
  };
  tick();
}

function checked(payload: Buffer, window: MeasuredWindow): void {
  try {
    checkProduced(payload);
  } catch (error) {
    window.fail(error as Error);
  }
}
