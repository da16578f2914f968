// The consumer group protocol of KIP-848.

import { api, array, fields, struct } from '../notation.ts';

const topicPartitions = fields({
  topicId: 'uuid',
  partitions: '[]int32',
});

const ConsumerGroupHeartbeat = api(
  { key: 68, name: 'ConsumerGroupHeartbeat', versions: '0-1', flexible: '0+' },
  {
    groupId: 'string',
    memberId: 'string',
    memberEpoch: 'int32',
    instanceId: 'string ? =null',
    rackId: 'string ? =null',
    rebalanceTimeoutMs: 'int32 =-1',
    subscribedTopicNames: '[]string ? =null',
    subscribedTopicRegex: 'string 1+ ? =null',
    serverAssignor: 'string ? =null',
    topicPartitions: array('TopicPartitions ? =null', {
      topicId: 'uuid',
      partitions: '[]int32',
    }),
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

const consumerGroupDescribeResponseTopicPartitions = fields({
  topicId: 'uuid',
  topicName: 'string',
  partitions: '[]int32',
});

const assignment = fields({
  topicPartitions: array('TopicPartitions', consumerGroupDescribeResponseTopicPartitions),
});

const ConsumerGroupDescribe = api(
  { key: 69, name: 'ConsumerGroupDescribe', versions: '0-1', flexible: '0+' },
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
        instanceId: 'string ? =null',
        rackId: 'string ? =null',
        memberEpoch: 'int32',
        clientId: 'string',
        clientHost: 'string',
        subscribedTopicNames: '[]string',
        subscribedTopicRegex: 'string ? =null',
        assignment: struct('Assignment', assignment),
        targetAssignment: struct('Assignment', assignment),
        memberType: 'int8 1+ =-1',
      }),
      authorizedOperations: 'int32 =-2147483648',
    }),
  },
);

export const groupsConsumerApis = { ConsumerGroupHeartbeat, ConsumerGroupDescribe };
