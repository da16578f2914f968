import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { BrokerProcess } from '../../support/broker-process.ts';
import { freePort } from '../../support/ports.ts';
import type { AckFigures } from './section.ts';

const RAW = 'broker/test/store/raw-put-server.ts';
const RECORD_BYTES = 1024;
/** Longer than the linger of a cloud store (100 ms): low load, where every record finds the log silent. */
const SILENCE_MS = 150;
const PAIRS = Number(process.env['BENCH_PAIRS'] ?? 60);
const WARM_UP = 8;

/**
 * One record with acks=all, and one PUT of as many bytes through the SDK, in turns on an idle broker: each is one round trip to the
 * same store, so the difference is what the broker adds.
 */
export async function measureAcks(
  environment: Readonly<Record<string, string>>,
  directory: string,
): Promise<AckFigures> {
  const broker = await BrokerProcess.start({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(directory, 'data'),
    environment: Object.fromEntries(
      // What other processes put lies beside the broker's own.
      Object.entries(environment).map(([name, value]) => [name, name.endsWith('_PREFIX') ? `${value}-broker` : value]),
    ),
  });
  const raw = rawPuts(environment);
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  try {
    await producer.connect();
    const value = Buffer.alloc(RECORD_BYTES, 'x');
    const took = { raw: [] as number[], acks: [] as number[] };
    for (let pair = -WARM_UP; pair < PAIRS; pair += 1) {
      await sleep(SILENCE_MS);
      const rawMs = await raw.put(RECORD_BYTES);
      await sleep(SILENCE_MS);
      const startMs = performance.now();
      await producer.send({ topic: 'acks', acks: -1, messages: [{ value }] });
      const ackMs = performance.now() - startMs;
      if (pair < 0) continue;
      took.raw.push(rawMs);
      took.acks.push(ackMs);
    }
    return { pairs: PAIRS, raw: summary(took.raw), acks: summary(took.acks) };
  } finally {
    await producer.disconnect();
    raw.end();
    await broker.stop('SIGTERM');
  }
}

function summary(values: readonly number[]): { readonly p50Ms: number; readonly p90Ms: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0;
  return { p50Ms: at(0.5), p90Ms: at(0.9) };
}

function rawPuts(environment: Readonly<Record<string, string>>): {
  put(bytes: number): Promise<number>;
  end(): void;
} {
  const child = spawn(process.execPath, ['--disable-warning=DEP0169', RAW], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async put(bytes) {
      child.stdin.write(`${bytes}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error('the raw client ended');
      return Number(line.value);
    },
    end: () => child.stdin.end(),
  };
}
