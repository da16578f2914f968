// Writing and reading partitions: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords.

import { api, array, struct } from '../notation.ts';

const Produce = api(
  { key: 0, name: 'Produce', versions: '3-13', flexible: '9+' },
  {
    transactionalId: 'string 3+ ? =null',
    acks: 'int16',
    timeoutMs: 'int32',
    topicData: array('TopicProduceData', {
      name: 'string 0-12',
      topicId: 'uuid 13+',
      partitionData: array('PartitionProduceData', {
        index: 'int32',
        records: 'records ?',
      }),
    }),
  },
  {
    responses: array('TopicProduceResponse', {
      name: 'string 0-12',
      topicId: 'uuid 13+',
      partitionResponses: array('PartitionProduceResponse', {
        index: 'int32',
        errorCode: 'int16',
        baseOffset: 'int64',
        logAppendTimeMs: 'int64 2+ =-1',
        logStartOffset: 'int64 5+ =-1',
        recordErrors: array('BatchIndexAndErrorMessage 8+', {
          batchIndex: 'int32 8+',
          batchIndexErrorMessage: 'string 8+ ? =null',
        }),
        errorMessage: 'string 8+ ? =null',
        currentLeader: struct('LeaderIdAndEpoch 10+ #0', {
          leaderId: 'int32 10+ =-1',
          leaderEpoch: 'int32 10+ =-1',
        }),
      }),
    }),
    throttleTimeMs: 'int32 1+ =0',
    nodeEndpoints: array('NodeEndpoint 10+ #0', {
      nodeId: 'int32 10+',
      host: 'string 10+',
      port: 'int32 10+',
      rack: 'string 10+ ? =null',
    }),
  },
);

const Fetch = api(
  { key: 1, name: 'Fetch', versions: '4-18', flexible: '12+' },
  {
    clusterId: 'string 12+ ? #0 =null',
    replicaId: 'int32 0-14 =-1',
    replicaState: struct('ReplicaState 15+ #1', {
      replicaId: 'int32 15+ =-1',
      replicaEpoch: 'int64 15+ =-1',
    }),
    maxWaitMs: 'int32',
    minBytes: 'int32',
    maxBytes: 'int32 3+ =2147483647',
    isolationLevel: 'int8 4+ =0',
    sessionId: 'int32 7+ =0',
    sessionEpoch: 'int32 7+ =-1',
    topics: array('FetchTopic', {
      topic: 'string 0-12',
      topicId: 'uuid 13+',
      partitions: array('FetchPartition', {
        partition: 'int32',
        currentLeaderEpoch: 'int32 9+ =-1',
        fetchOffset: 'clamp64',
        lastFetchedEpoch: 'int32 12+ =-1',
        logStartOffset: 'int64 5+ =-1',
        partitionMaxBytes: 'int32',
        replicaDirectoryId: 'uuid 17+ #0',
        highWatermark: 'big64 18+ #1 =9223372036854775807',
      }),
    }),
    forgottenTopicsData: array('ForgottenTopic 7+', {
      topic: 'string 7-12',
      topicId: 'uuid 13+',
      partitions: '[]int32 7+',
    }),
    rackId: 'string 11+ =',
  },
  {
    throttleTimeMs: 'int32 1+',
    errorCode: 'int16 7+',
    sessionId: 'int32 7+ =0',
    responses: array('FetchableTopicResponse', {
      topic: 'string 0-12',
      topicId: 'uuid 13+',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        highWatermark: 'int64',
        lastStableOffset: 'int64 4+ =-1',
        logStartOffset: 'int64 5+ =-1',
        divergingEpoch: struct('EpochEndOffset 12+ #0', {
          epoch: 'int32 12+ =-1',
          endOffset: 'int64 12+ =-1',
        }),
        currentLeader: struct('LeaderIdAndEpoch 12+ #1', {
          leaderId: 'int32 12+ =-1',
          leaderEpoch: 'int32 12+ =-1',
        }),
        snapshotId: struct('SnapshotId 12+ #2', {
          endOffset: 'int64 =-1',
          epoch: 'int32 =-1',
        }),
        abortedTransactions: array('AbortedTransaction 4+ ?', {
          producerId: 'int64 4+',
          firstOffset: 'int64 4+',
        }),
        preferredReadReplica: 'int32 11+ =-1',
        records: 'records ?',
      }),
    }),
    nodeEndpoints: array('NodeEndpoint 16+ #0', {
      nodeId: 'int32 16+',
      host: 'string 16+',
      port: 'int32 16+',
      rack: 'string 16+ ? =null',
    }),
  },
);

const ListOffsets = api(
  { key: 2, name: 'ListOffsets', versions: '1-11', flexible: '6+' },
  {
    replicaId: 'int32',
    isolationLevel: 'int8 2+',
    topics: array('ListOffsetsTopic', {
      name: 'string',
      partitions: array('ListOffsetsPartition', {
        partitionIndex: 'int32',
        currentLeaderEpoch: 'int32 4+ =-1',
        timestamp: 'clamp64',
      }),
    }),
    timeoutMs: 'int32 10+',
  },
  {
    throttleTimeMs: 'int32 2+',
    topics: array('ListOffsetsTopicResponse', {
      name: 'string',
      partitions: array('ListOffsetsPartitionResponse', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        timestamp: 'int64 1+ =-1',
        offset: 'int64 1+ =-1',
        leaderEpoch: 'int32 4+ =-1',
      }),
    }),
  },
);

const DeleteRecords = api(
  { key: 21, name: 'DeleteRecords', versions: '0-2', flexible: '2+' },
  {
    topics: array('DeleteRecordsTopic', {
      name: 'string',
      partitions: array('DeleteRecordsPartition', {
        partitionIndex: 'int32',
        offset: 'clamp64',
      }),
    }),
    timeoutMs: 'int32',
  },
  {
    throttleTimeMs: 'int32',
    topics: array('DeleteRecordsTopicResult', {
      name: 'string',
      partitions: array('DeleteRecordsPartitionResult', {
        partitionIndex: 'int32',
        lowWatermark: 'int64',
        errorCode: 'int16',
      }),
    }),
  },
);

const OffsetForLeaderEpoch = api(
  { key: 23, name: 'OffsetForLeaderEpoch', versions: '2-4', flexible: '4+' },
  {
    replicaId: 'int32 3+ =-2',
    topics: array('OffsetForLeaderTopic', {
      topic: 'string',
      partitions: array('OffsetForLeaderPartition', {
        partition: 'int32',
        currentLeaderEpoch: 'int32 2+ =-1',
        leaderEpoch: 'int32',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32 2+',
    topics: array('OffsetForLeaderTopicResult', {
      topic: 'string',
      partitions: array('EpochEndOffset', {
        errorCode: 'int16',
        partition: 'int32',
        leaderEpoch: 'int32 1+ =-1',
        endOffset: 'int64 =-1',
      }),
    }),
  },
);

export const produceFetchApis = { Produce, Fetch, ListOffsets, DeleteRecords, OffsetForLeaderEpoch };
