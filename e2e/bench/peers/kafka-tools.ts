import type { KafkaJars } from './kafka-jars.ts';

/** A command of Kafka's own tools as a program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface PerfTest {
  readonly bootstrap: string;
  readonly topic: string;
  readonly records: number;
  readonly recordBytes: number;
  readonly acks: number;
  /** Records per second; -1 = unthrottled. */
  readonly throughput: number;
}

const TOOLS = 'org.apache.kafka.tools';

/** kafka-producer-perf-test: default producer settings but acks. */
export function producerPerfTest(jars: KafkaJars, test: PerfTest): Command {
  const { bootstrap, topic, records, recordBytes, acks, throughput } = test;
  return [
    ...java(jars, `${TOOLS}.ProducerPerformance`),
    '--topic',
    topic,
    '--num-records',
    String(records),
    '--record-size',
    String(recordBytes),
    '--throughput',
    String(throughput),
    '--producer-props',
    `bootstrap.servers=${bootstrap}`,
    `acks=${acks === -1 ? 'all' : String(acks)}`,
  ];
}

/** kafka-consumer-perf-test: default consumer settings. */
export function consumerPerfTest(
  jars: KafkaJars,
  test: { bootstrap: string; topic: string; records: number },
): Command {
  const { bootstrap, topic, records } = test;
  return [
    ...java(jars, `${TOOLS}.ConsumerPerformance`),
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--num-records',
    String(records),
    '--timeout',
    '60000',
  ];
}

function java(jars: KafkaJars, name: string): Command {
  return ['java', '-Xmx512m', '-XX:+UseSerialGC', '-cp', `${jars.toolsLibs}/*`, name];
}

/** Throughput and latency of the last line of kafka-producer-perf-test. */
export interface ProducerPerfResult {
  readonly megabytesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

const PRODUCER_LINE = /([\d.]+) records\/sec .*?, (\d+) ms 50th, \d+ ms 95th, (\d+) ms 99th, (\d+) ms 99\.9th/;

/** Reads the tool's summary; its "MB" are 2^20 bytes, ours 10^6, so the rate is taken from the records. */
export function parseProducerPerf(output: string, recordBytes: number): ProducerPerfResult {
  const summary = output.split('\n').findLast((line) => PRODUCER_LINE.test(line));
  const [, rate, p50, p99, p999] = PRODUCER_LINE.exec(summary ?? '') ?? [];
  if (rate === undefined) throw new Error(`kafka-producer-perf-test printed no summary:\n${output}`);
  return {
    megabytesPerSecond: (Number(rate) * recordBytes) / 1e6,
    p50Ms: Number(p50),
    p99Ms: Number(p99),
    p999Ms: Number(p999),
  };
}

/**
 * Megabytes (10^6) per second of kafka-consumer-perf-test, without the time to join the group. Its last line is
 * `start, end, MB (2^20), MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s`.
 */
export function parseConsumerPerf(output: string): number {
  const summary = output.split('\n').findLast((line) => line.split(',').length === 10 && /^\d{4}-/.test(line));
  const fetched = Number(summary?.split(',')[8]);
  if (!(fetched > 0)) throw new Error(`kafka-consumer-perf-test printed no summary:\n${output}`);
  return (fetched * 1024 * 1024) / 1e6;
}
