// Records of __consumer_offsets: committed offsets and classic or consumer groups.

import { array, coordinatorRecord, fields, struct } from '../notation.ts';

const LegacyOffsetCommit = coordinatorRecord(
  { type: 0, name: 'LegacyOffsetCommit', versions: '0', flexible: 'none' },
  {
    group: 'string 0',
    topic: 'string 0',
    partition: 'int32 0',
  },
  {
    offset: 'int64 0',
    metadata: 'string 0',
    commitTimestamp: 'int64 0',
  },
);

const OffsetCommit = coordinatorRecord(
  { type: 1, name: 'OffsetCommit', versions: '0-4', flexible: '4+' },
  {
    group: 'string 0',
    topic: 'string 0',
    partition: 'int32 0',
  },
  {
    offset: 'int64',
    leaderEpoch: 'int32 3+ =-1',
    metadata: 'string',
    commitTimestamp: 'int64',
    expireTimestamp: 'int64 1 =-1',
    topicId: 'uuid 4+ #0',
  },
);

const memberMetadata = fields({
  memberId: 'string',
  groupInstanceId: 'string 3+ ? =null',
  clientId: 'string',
  clientHost: 'string',
  rebalanceTimeout: 'int32 1+ =-1',
  sessionTimeout: 'int32',
  subscription: 'bytes',
  assignment: 'bytes',
});

const GroupMetadata = coordinatorRecord(
  { type: 2, name: 'GroupMetadata', versions: '0-4', flexible: '4+' },
  {
    group: 'string 0',
  },
  {
    protocolType: 'string',
    generation: 'int32',
    protocol: 'string ?',
    leader: 'string ?',
    currentStateTimestamp: 'int64 2+ =-1',
    members: array('MemberMetadata', memberMetadata),
  },
);

const ConsumerGroupMetadata = coordinatorRecord(
  { type: 3, name: 'ConsumerGroupMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    epoch: 'int32',
    metadataHash: 'big64 #0 =0',
  },
);

const ConsumerGroupPartitionMetadata = coordinatorRecord(
  { type: 4, name: 'ConsumerGroupPartitionMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    topics: array('TopicMetadata', {
      topicId: 'uuid',
      topicName: 'string',
      numPartitions: 'int32',
      partitionMetadata: array('PartitionMetadata', {
        partition: 'int32',
        racks: '[]string',
      }),
    }),
  },
);

const ConsumerGroupMemberMetadata = coordinatorRecord(
  { type: 5, name: 'ConsumerGroupMemberMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    memberId: 'string 0',
  },
  {
    instanceId: 'string ?',
    rackId: 'string ?',
    clientId: 'string',
    clientHost: 'string',
    subscribedTopicNames: '[]string',
    subscribedTopicRegex: 'string ?',
    rebalanceTimeoutMs: 'int32 =-1',
    serverAssignor: 'string ?',
    classicMemberMetadata: struct('ClassicMemberMetadata ? #0 =null', {
      sessionTimeoutMs: 'int32',
      supportedProtocols: array('ClassicProtocol', {
        name: 'string',
        metadata: 'bytes',
      }),
    }),
  },
);

const ConsumerGroupTargetAssignmentMetadata = coordinatorRecord(
  { type: 6, name: 'ConsumerGroupTargetAssignmentMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    assignmentEpoch: 'int32',
    assignmentTimestamp: 'int64 #0 =0',
  },
);

const ConsumerGroupTargetAssignmentMember = coordinatorRecord(
  { type: 7, name: 'ConsumerGroupTargetAssignmentMember', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    memberId: 'string 0',
  },
  {
    topicPartitions: array('TopicPartition', {
      topicId: 'uuid',
      partitions: '[]int32',
    }),
  },
);

const topicPartitions = fields({
  topicId: 'uuid',
  partitions: '[]int32',
  assignmentEpochs: '[]int32 ? #0 =null',
});

const ConsumerGroupCurrentMemberAssignment = coordinatorRecord(
  { type: 8, name: 'ConsumerGroupCurrentMemberAssignment', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    memberId: 'string 0',
  },
  {
    memberEpoch: 'int32',
    previousMemberEpoch: 'int32',
    state: 'int8',
    assignedPartitions: array('TopicPartitions', topicPartitions),
    partitionsPendingRevocation: array('TopicPartitions', topicPartitions),
  },
);

const ConsumerGroupRegularExpression = coordinatorRecord(
  { type: 16, name: 'ConsumerGroupRegularExpression', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    regularExpression: 'string 0',
  },
  {
    topics: '[]string',
    version: 'int64',
    timestamp: 'int64',
  },
);

export const offsetsRecords = {
  LegacyOffsetCommit,
  OffsetCommit,
  GroupMetadata,
  ConsumerGroupMetadata,
  ConsumerGroupPartitionMetadata,
  ConsumerGroupMemberMetadata,
  ConsumerGroupTargetAssignmentMetadata,
  ConsumerGroupTargetAssignmentMember,
  ConsumerGroupCurrentMemberAssignment,
  ConsumerGroupRegularExpression,
};
