// Share groups (KIP-932): membership, fetching, acknowledging, administration of offsets.

import { api, array, fields, struct } from '../notation.ts';

const topicPartitions = fields({
  topicId: 'uuid',
  partitions: '[]int32',
});

const ShareGroupHeartbeat = api(
  { key: 76, name: 'ShareGroupHeartbeat', versions: '1', flexible: '0+' },
  {
    groupId: 'string',
    memberId: 'string',
    memberEpoch: 'int32',
    rackId: 'string ? =null',
    subscribedTopicNames: '[]string ? =null',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ? =null',
    memberId: 'string ? =null',
    memberEpoch: 'int32',
    heartbeatIntervalMs: 'int32',
    assignment: struct('Assignment ? =null', {
      topicPartitions: array('TopicPartitions', topicPartitions),
    }),
  },
);

const shareGroupDescribeResponseTopicPartitions = fields({
  topicId: 'uuid',
  topicName: 'string',
  partitions: '[]int32',
});

const assignment = fields({
  topicPartitions: array('TopicPartitions', shareGroupDescribeResponseTopicPartitions),
});

const ShareGroupDescribe = api(
  { key: 77, name: 'ShareGroupDescribe', versions: '1', flexible: '0+' },
  {
    groupIds: '[]string',
    includeAuthorizedOperations: 'bool',
  },
  {
    throttleTimeMs: 'int32',
    groups: array('DescribedGroup', {
      errorCode: 'int16',
      errorMessage: 'string ? =null',
      groupId: 'string',
      groupState: 'string',
      groupEpoch: 'int32',
      assignmentEpoch: 'int32',
      assignorName: 'string',
      members: array('Member', {
        memberId: 'string',
        rackId: 'string ? =null',
        memberEpoch: 'int32',
        clientId: 'string',
        clientHost: 'string',
        subscribedTopicNames: '[]string',
        assignment: struct('Assignment', assignment),
      }),
      authorizedOperations: 'int32 =-2147483648',
    }),
  },
);

const ShareFetch = api(
  { key: 78, name: 'ShareFetch', versions: '1-2', flexible: '0+' },
  {
    groupId: 'string ? =null',
    memberId: 'string ?',
    shareSessionEpoch: 'int32',
    maxWaitMs: 'int32',
    minBytes: 'int32',
    maxBytes: 'int32 =2147483647',
    maxRecords: 'int32 1+',
    batchSize: 'int32 1+',
    shareAcquireMode: 'int8 2+ =0',
    isRenewAck: 'bool 2+ =false',
    topics: array('FetchTopic', {
      topicId: 'uuid',
      partitions: array('FetchPartition', {
        partitionIndex: 'int32',
        partitionMaxBytes: 'int32 0',
        acknowledgementBatches: array('AcknowledgementBatch', {
          firstOffset: 'int64',
          lastOffset: 'int64',
          acknowledgeTypes: '[]int8',
        }),
      }),
    }),
    forgottenTopicsData: array('ForgottenTopic', {
      topicId: 'uuid',
      partitions: '[]int32',
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ? =null',
    acquisitionLockTimeoutMs: 'int32 1+',
    responses: array('ShareFetchableTopicResponse', {
      topicId: 'uuid',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
        acknowledgeErrorCode: 'int16',
        acknowledgeErrorMessage: 'string ? =null',
        currentLeader: struct('LeaderIdAndEpoch', {
          leaderId: 'int32',
          leaderEpoch: 'int32',
        }),
        records: 'records ?0',
        acquiredRecords: array('AcquiredRecords', {
          firstOffset: 'int64',
          lastOffset: 'int64',
          deliveryCount: 'int16',
        }),
      }),
    }),
    nodeEndpoints: array('NodeEndpoint', {
      nodeId: 'int32',
      host: 'string',
      port: 'int32',
      rack: 'string ? =null',
    }),
  },
);

const ShareAcknowledge = api(
  { key: 79, name: 'ShareAcknowledge', versions: '1-2', flexible: '0+' },
  {
    groupId: 'string ? =null',
    memberId: 'string ?',
    shareSessionEpoch: 'int32',
    isRenewAck: 'bool 2+ =false',
    topics: array('AcknowledgeTopic', {
      topicId: 'uuid',
      partitions: array('AcknowledgePartition', {
        partitionIndex: 'int32',
        acknowledgementBatches: array('AcknowledgementBatch', {
          firstOffset: 'int64',
          lastOffset: 'int64',
          acknowledgeTypes: '[]int8',
        }),
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ? =null',
    acquisitionLockTimeoutMs: 'int32 2+',
    responses: array('ShareAcknowledgeTopicResponse', {
      topicId: 'uuid',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
        currentLeader: struct('LeaderIdAndEpoch', {
          leaderId: 'int32',
          leaderEpoch: 'int32',
        }),
      }),
    }),
    nodeEndpoints: array('NodeEndpoint', {
      nodeId: 'int32',
      host: 'string',
      port: 'int32',
      rack: 'string ? =null',
    }),
  },
);

const DescribeShareGroupOffsets = api(
  { key: 90, name: 'DescribeShareGroupOffsets', versions: '0-1', flexible: '0+' },
  {
    groups: array('DescribeShareGroupOffsetsRequestGroup', {
      groupId: 'string',
      topics: array('DescribeShareGroupOffsetsRequestTopic ?', {
        topicName: 'string',
        partitions: '[]int32',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    groups: array('DescribeShareGroupOffsetsResponseGroup', {
      groupId: 'string',
      topics: array('DescribeShareGroupOffsetsResponseTopic', {
        topicName: 'string',
        topicId: 'uuid',
        partitions: array('DescribeShareGroupOffsetsResponsePartition', {
          partitionIndex: 'int32',
          startOffset: 'int64',
          leaderEpoch: 'int32',
          lag: 'int64 1+ =-1',
          errorCode: 'int16',
          errorMessage: 'string ? =null',
        }),
      }),
      errorCode: 'int16',
      errorMessage: 'string ? =null',
    }),
  },
);

const AlterShareGroupOffsets = api(
  { key: 91, name: 'AlterShareGroupOffsets', versions: '0', flexible: '0+' },
  {
    groupId: 'string',
    topics: array('AlterShareGroupOffsetsRequestTopic', {
      topicName: 'string',
      partitions: array('AlterShareGroupOffsetsRequestPartition', {
        partitionIndex: 'int32',
        startOffset: 'int64',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ? =null',
    responses: array('AlterShareGroupOffsetsResponseTopic', {
      topicName: 'string',
      topicId: 'uuid',
      partitions: array('AlterShareGroupOffsetsResponsePartition', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
      }),
    }),
  },
);

const DeleteShareGroupOffsets = api(
  { key: 92, name: 'DeleteShareGroupOffsets', versions: '0', flexible: '0+' },
  {
    groupId: 'string',
    topics: array('DeleteShareGroupOffsetsRequestTopic', {
      topicName: 'string',
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ? =null',
    responses: array('DeleteShareGroupOffsetsResponseTopic', {
      topicName: 'string',
      topicId: 'uuid',
      errorCode: 'int16',
      errorMessage: 'string ? =null',
    }),
  },
);

export const groupsShareApis = {
  ShareGroupHeartbeat,
  ShareGroupDescribe,
  ShareFetch,
  ShareAcknowledge,
  DescribeShareGroupOffsets,
  AlterShareGroupOffsets,
  DeleteShareGroupOffsets,
};
