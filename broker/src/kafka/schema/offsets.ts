// Committed offsets and coordinators: OffsetCommit, OffsetFetch, OffsetDelete, FindCoordinator.

import { api, array } from '../notation.ts';

const OffsetCommit = api(
  { key: 8, name: 'OffsetCommit', versions: '2-10', flexible: '8+' },
  {
    groupId: 'string',
    generationIdOrMemberEpoch: 'int32 1+ =-1',
    memberId: 'string 1+',
    groupInstanceId: 'string 7+ ? =null',
    retentionTimeMs: 'clamp64 2-4 =-1',
    topics: array('OffsetCommitRequestTopic', {
      name: 'string 0-9',
      topicId: 'uuid 10+',
      partitions: array('OffsetCommitRequestPartition', {
        partitionIndex: 'int32',
        committedOffset: 'clamp64',
        committedLeaderEpoch: 'int32 6+ =-1',
        committedMetadata: 'string ?',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32 3+',
    topics: array('OffsetCommitResponseTopic', {
      name: 'string 0-9',
      topicId: 'uuid 10+',
      partitions: array('OffsetCommitResponsePartition', {
        partitionIndex: 'int32',
        errorCode: 'int16',
      }),
    }),
  },
);

const OffsetFetch = api(
  { key: 9, name: 'OffsetFetch', versions: '1-10', flexible: '6+' },
  {
    groupId: 'string 0-7',
    topics: array('OffsetFetchRequestTopic 0-7 ?2-7', {
      name: 'string 0-7',
      partitionIndexes: '[]int32 0-7',
    }),
    groups: array('OffsetFetchRequestGroup 8+', {
      groupId: 'string 8+',
      memberId: 'string 9+ ? =null',
      memberEpoch: 'int32 9+ =-1',
      topics: array('OffsetFetchRequestTopics 8+ ?', {
        name: 'string 8-9',
        topicId: 'uuid 10+',
        partitionIndexes: '[]int32 8+',
      }),
    }),
    requireStable: 'bool 7+ =false',
  },
  {
    throttleTimeMs: 'int32 3+',
    topics: array('OffsetFetchResponseTopic 0-7', {
      name: 'string 0-7',
      partitions: array('OffsetFetchResponsePartition 0-7', {
        partitionIndex: 'int32 0-7',
        committedOffset: 'int64 0-7',
        committedLeaderEpoch: 'int32 5-7 =-1',
        metadata: 'string 0-7 ?',
        errorCode: 'int16 0-7',
      }),
    }),
    errorCode: 'int16 2-7 =0',
    groups: array('OffsetFetchResponseGroup 8+', {
      groupId: 'string 8+',
      topics: array('OffsetFetchResponseTopics 8+', {
        name: 'string 8-9',
        topicId: 'uuid 10+',
        partitions: array('OffsetFetchResponsePartitions 8+', {
          partitionIndex: 'int32 8+',
          committedOffset: 'int64 8+',
          committedLeaderEpoch: 'int32 8+ =-1',
          metadata: 'string 8+ ?',
          errorCode: 'int16 8+',
        }),
      }),
      errorCode: 'int16 8+ =0',
    }),
  },
);

const FindCoordinator = api(
  { key: 10, name: 'FindCoordinator', versions: '0-6', flexible: '3+' },
  {
    key: 'string 0-3',
    keyType: 'int8 1+ =0',
    coordinatorKeys: '[]string 4+',
  },
  {
    throttleTimeMs: 'int32 1+',
    errorCode: 'int16 0-3',
    errorMessage: 'string 1-3 ?',
    nodeId: 'int32 0-3',
    host: 'string 0-3',
    port: 'int32 0-3',
    coordinators: array('Coordinator 4+', {
      key: 'string 4+',
      nodeId: 'int32 4+',
      host: 'string 4+',
      port: 'int32 4+',
      errorCode: 'int16 4+',
      errorMessage: 'string 4+ ?',
    }),
  },
);

const OffsetDelete = api(
  { key: 47, name: 'OffsetDelete', versions: '0', flexible: 'none' },
  {
    groupId: 'string',
    topics: array('OffsetDeleteRequestTopic', {
      name: 'string',
      partitions: array('OffsetDeleteRequestPartition', {
        partitionIndex: 'int32',
      }),
    }),
  },
  {
    errorCode: 'int16',
    throttleTimeMs: 'int32',
    topics: array('OffsetDeleteResponseTopic', {
      name: 'string',
      partitions: array('OffsetDeleteResponsePartition', {
        partitionIndex: 'int32',
        errorCode: 'int16',
      }),
    }),
  },
);

export const offsetsApis = { OffsetCommit, OffsetFetch, FindCoordinator, OffsetDelete };
