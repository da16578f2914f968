// Records of __consumer_offsets: share groups.

import { array, coordinatorRecord, fields } from '../notation.ts';

const ShareGroupMemberMetadata = coordinatorRecord(
  { type: 10, name: 'ShareGroupMemberMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    memberId: 'string 0',
  },
  {
    rackId: 'string ?',
    clientId: 'string',
    clientHost: 'string',
    subscribedTopicNames: '[]string',
  },
);

const ShareGroupMetadata = coordinatorRecord(
  { type: 11, name: 'ShareGroupMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    epoch: 'int32',
    metadataHash: 'big64',
  },
);

const ShareGroupTargetAssignmentMetadata = coordinatorRecord(
  { type: 12, name: 'ShareGroupTargetAssignmentMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    assignmentEpoch: 'int32',
    assignmentTimestamp: 'int64 #0 =0',
  },
);

const ShareGroupTargetAssignmentMember = coordinatorRecord(
  { type: 13, name: 'ShareGroupTargetAssignmentMember', versions: '0', flexible: '0+' },
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
});

const ShareGroupCurrentMemberAssignment = coordinatorRecord(
  { type: 14, name: 'ShareGroupCurrentMemberAssignment', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    memberId: 'string 0',
  },
  {
    memberEpoch: 'int32',
    previousMemberEpoch: 'int32',
    state: 'int8',
    assignedPartitions: array('TopicPartitions', topicPartitions),
  },
);

const topicPartitionsInfo = fields({
  topicId: 'uuid',
  topicName: 'string',
  partitions: '[]int32',
});

const topicInfo = fields({
  topicId: 'uuid',
  topicName: 'string',
});

const ShareGroupStatePartitionMetadata = coordinatorRecord(
  { type: 15, name: 'ShareGroupStatePartitionMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    initializingTopics: array('TopicPartitionsInfo', topicPartitionsInfo),
    initializedTopics: array('TopicPartitionsInfo', topicPartitionsInfo),
    deletingTopics: array('TopicInfo', topicInfo),
  },
);

export const shareRecords = {
  ShareGroupMemberMetadata,
  ShareGroupMetadata,
  ShareGroupTargetAssignmentMetadata,
  ShareGroupTargetAssignmentMember,
  ShareGroupCurrentMemberAssignment,
  ShareGroupStatePartitionMetadata,
};
