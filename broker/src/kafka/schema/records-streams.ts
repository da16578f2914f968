// Records of __consumer_offsets: streams groups.

import { array, coordinatorRecord, fields, struct } from '../notation.ts';

const lastAssignmentConfig = fields({
  key: 'string',
  value: 'string',
});

const StreamsGroupMetadata = coordinatorRecord(
  { type: 17, name: 'StreamsGroupMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    epoch: 'int32',
    metadataHash: 'big64',
    validatedTopologyEpoch: 'int32 #0 =-1',
    lastAssignmentConfigs: array('LastAssignmentConfig ? #1 =null', lastAssignmentConfig),
    storedDescriptionTopologyEpoch: 'int32 #2 =-1',
    failedDescriptionTopologyEpoch: 'int32 #3 =-1',
  },
);

const endpoint = fields({
  host: 'string',
  port: 'uint16',
});

const keyValue = fields({
  key: 'string',
  value: 'string',
});

const StreamsGroupMemberMetadata = coordinatorRecord(
  { type: 19, name: 'StreamsGroupMemberMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    memberId: 'string 0',
  },
  {
    instanceId: 'string ?',
    rackId: 'string ?',
    clientId: 'string',
    clientHost: 'string',
    rebalanceTimeoutMs: 'int32 =-1',
    topologyEpoch: 'int32',
    processId: 'string',
    userEndpoint: struct('Endpoint ? =null', endpoint),
    clientTags: array('KeyValue', keyValue),
  },
);

const StreamsGroupTargetAssignmentMetadata = coordinatorRecord(
  { type: 20, name: 'StreamsGroupTargetAssignmentMetadata', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    assignmentEpoch: 'int32',
    assignmentTimestamp: 'int64 #0 =0',
  },
);

const taskIds = fields({
  subtopologyId: 'string',
  partitions: '[]int32',
});

const StreamsGroupTargetAssignmentMember = coordinatorRecord(
  { type: 21, name: 'StreamsGroupTargetAssignmentMember', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    memberId: 'string 0',
  },
  {
    activeTasks: array('TaskIds', taskIds),
    standbyTasks: array('TaskIds', taskIds),
    warmupTasks: array('TaskIds', taskIds),
  },
);

const streamsGroupCurrentMemberAssignmentValueTaskIds = fields({
  subtopologyId: 'string',
  partitions: '[]int32',
  assignmentEpochs: '[]int32 ? #0 =null',
});

const StreamsGroupCurrentMemberAssignment = coordinatorRecord(
  { type: 22, name: 'StreamsGroupCurrentMemberAssignment', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
    memberId: 'string 0',
  },
  {
    memberEpoch: 'int32',
    previousMemberEpoch: 'int32',
    state: 'int8',
    activeTasks: array('TaskIds', streamsGroupCurrentMemberAssignmentValueTaskIds),
    standbyTasks: array('TaskIds', streamsGroupCurrentMemberAssignmentValueTaskIds),
    warmupTasks: array('TaskIds', streamsGroupCurrentMemberAssignmentValueTaskIds),
    activeTasksPendingRevocation: array('TaskIds', streamsGroupCurrentMemberAssignmentValueTaskIds),
    standbyTasksPendingRevocation: array('TaskIds', streamsGroupCurrentMemberAssignmentValueTaskIds),
    warmupTasksPendingRevocation: array('TaskIds', streamsGroupCurrentMemberAssignmentValueTaskIds),
  },
);

const topicConfig = fields({
  key: 'string',
  value: 'string',
});

const topicInfo = fields({
  name: 'string',
  partitions: 'int32',
  replicationFactor: 'int16',
  topicConfigs: array('TopicConfig', topicConfig),
});

const StreamsGroupTopology = coordinatorRecord(
  { type: 23, name: 'StreamsGroupTopology', versions: '0', flexible: '0+' },
  {
    groupId: 'string 0',
  },
  {
    epoch: 'int32',
    subtopologies: array('Subtopology', {
      subtopologyId: 'string',
      sourceTopics: '[]string',
      sourceTopicRegex: '[]string',
      stateChangelogTopics: array('TopicInfo', topicInfo),
      repartitionSinkTopics: '[]string',
      repartitionSourceTopics: array('TopicInfo', topicInfo),
      copartitionGroups: array('CopartitionGroup', {
        sourceTopics: '[]int16',
        sourceTopicRegex: '[]int16',
        repartitionSourceTopics: '[]int16',
      }),
    }),
  },
);

export const streamsRecords = {
  StreamsGroupMetadata,
  StreamsGroupMemberMetadata,
  StreamsGroupTargetAssignmentMetadata,
  StreamsGroupTargetAssignmentMember,
  StreamsGroupCurrentMemberAssignment,
  StreamsGroupTopology,
};
