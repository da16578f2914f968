import { KafkaErrors, type RequestOf } from '../../kafka/index.ts';
import { type ServedApi, serve } from '../../net/index.ts';
import type { PartitionLog } from '../../partition/index.ts';
import type { Services } from '../services.ts';

type Wanted = RequestOf<'DescribeLogDirs'>['topics'];

/** One "directory", the bucket, with what the partitions hold in it. */
export function describeLogDirs(services: Services): ServedApi<'DescribeLogDirs'> {
  return serve('DescribeLogDirs', ({ topics: wanted }) => {
    const topics = [...services.partitions.topics()].flatMap(({ name, logs }) => {
      const shown = logs.filter((log) => log !== undefined && isWanted(wanted, log));
      if (shown.length === 0) return [];
      return [{ name, partitions: shown.flatMap((log) => (log === undefined ? [] : [sizeOf(log)])) }];
    });
    const logDir = services.storeDescription;
    return {
      throttleTimeMs: 0,
      errorCode: KafkaErrors.NONE,
      results: [{ errorCode: KafkaErrors.NONE, logDir, topics }],
    };
  });
}

function isWanted(wanted: Wanted, { topicName, index }: PartitionLog): boolean {
  return wanted === null || wanted.some(({ topic, partitions }) => topic === topicName && partitions.includes(index));
}

function sizeOf({ index, sizeBytes }: PartitionLog) {
  return { partitionIndex: index, partitionSize: sizeBytes, offsetLag: 0, isFutureKey: false };
}
