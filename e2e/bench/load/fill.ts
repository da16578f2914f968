import { Client } from './client.ts';
import type { Address } from './client.ts';
import { checkProduced, primePartitions, produceFrames } from './produce-frame.ts';
import type { BatchShape } from './produce-frame.ts';

export interface FillOptions extends BatchShape {
  readonly address: Address;
  readonly topic: string;
  readonly partitions: number;
  /** Bytes of record values, at least; every partition gets the same. */
  readonly bytes: number;
}

const IN_FLIGHT = 20;

/** Produces a given amount, committed (acks=all) when it returns the number of records. */
export async function fill(options: FillOptions): Promise<number> {
  const client = await Client.connect(options.address);
  try {
    const frames = produceFrames(options.topic, options.partitions, -1, options);
    const each = frames[0]!.valueBytes;
    const total = Math.ceil(options.bytes / (each * frames.length)) * frames.length;
    await primePartitions(client, frames);
    let sent = frames.length;
    let answered = frames.length;
    await new Promise<void>((resolve, reject) => {
      client.onFailure(reject);
      const sendOne = (): void => {
        if (sent >= total) return;
        client.send(frames[sent % frames.length]!.frame, (payload) => {
          try {
            checkProduced(payload);
          } catch (error) {
            reject(new Error('the topic could not be filled', { cause: error }));
            return;
          }
          answered += 1;
          if (answered === total) resolve();
          else sendOne();
        });
        sent += 1;
      };
      if (answered >= total) resolve();
      for (let i = 0; i < IN_FLIGHT; i++) sendOne();
    });
    return (total * each) / options.recordBytes;
  } finally {
    client.close();
  }
}
