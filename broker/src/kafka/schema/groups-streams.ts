// Streams groups (KIP-1071).

import { api, array, fields, struct } from '../notation.ts';

const keyValue = fields({
  key: 'string',
  value: 'string',
});

const topicInfo = fields({
  name: 'string',
  partitions: 'int32',
  replicationFactor: 'int16',
  topicConfigs: array('KeyValue', keyValue),
});

const endpoint = fields({
  host: 'string',
  port: 'uint16',
});

const taskOffset = fields({
  subtopologyId: 'string',
  partition: 'int32',
  offset: 'int64',
});

const taskIds = fields({
  subtopologyId: 'string',
  partitions: '[]int32',
});

const status = fields({
  statusCode: 'int8',
  statusDetail: 'string',
});

const topicPartition = fields({
  topic: 'string',
  partitions: '[]int32',
});

const StreamsGroupHeartbeat = api(
  { key: 88, name: 'StreamsGroupHeartbeat', versions: '0-1', flexible: '0+' },
  {
    groupId: 'string',
    memberId: 'string',
    memberEpoch: 'int32',
    endpointInformationEpoch: 'int32',
    instanceId: 'string ? =null',
    rackId: 'string ? =null',
    rebalanceTimeoutMs: 'int32 =-1',
    topology: struct('Topology ? =null', {
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
    }),
    activeTasks: array('TaskIds ? =null', taskIds),
    standbyTasks: array('TaskIds ? =null', taskIds),
    warmupTasks: array('TaskIds ? =null', taskIds),
    processId: 'string ? =null',
    userEndpoint: struct('Endpoint ? =null', endpoint),
    clientTags: array('KeyValue ? =null', keyValue),
    taskOffsets: array('TaskOffset ? =null', taskOffset),
    taskEndOffsets: array('TaskOffset ? =null', taskOffset),
    shutdownApplication: 'bool =false',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ? =null',
    memberId: 'string',
    memberEpoch: 'int32',
    heartbeatIntervalMs: 'int32',
    acceptableRecoveryLagLegacy: 'int32 0',
    taskOffsetIntervalMs: 'int32',
    acceptableRecoveryLag: 'int64 1+ =-1',
    status: array('Status ?', status),
    activeTasks: array('TaskIds ? =null', taskIds),
    standbyTasks: array('TaskIds ? =null', taskIds),
    warmupTasks: array('TaskIds ? =null', taskIds),
    topologyDescriptionRequired: 'bool 1+ =false',
    endpointInformationEpoch: 'int32',
    partitionsByUserEndpoint: array('EndpointToPartitions ? =null', {
      userEndpoint: struct('Endpoint', endpoint),
      activePartitions: array('TopicPartition', topicPartition),
      standbyPartitions: array('TopicPartition', topicPartition),
    }),
  },
);

const assignment = fields({
  activeTasks: array('TaskIds', taskIds),
  standbyTasks: array('TaskIds', taskIds),
  warmupTasks: array('TaskIds', taskIds),
});

const topologyDescriptionNode = fields({
  name: 'string 1+',
  nodeType: 'int8 1+',
  sourceTopics: '[]string 1+',
  sinkTopic: 'string 1+ ? =null',
  stores: '[]string 1+',
  successors: '[]string 1+',
});

const topologyDescriptionSubtopology = fields({
  subtopologyId: 'string 1+',
  nodes: array('TopologyDescriptionNode 1+', topologyDescriptionNode),
});

const topologyDescriptionGlobalStore = fields({
  source: struct('TopologyDescriptionNode 1+', topologyDescriptionNode),
  processor: struct('TopologyDescriptionNode 1+', topologyDescriptionNode),
});

const topologyDescription = fields({
  subtopologies: array('TopologyDescriptionSubtopology 1+', topologyDescriptionSubtopology),
  globalStores: array('TopologyDescriptionGlobalStore 1+', topologyDescriptionGlobalStore),
});

const StreamsGroupDescribe = api(
  { key: 89, name: 'StreamsGroupDescribe', versions: '0-1', flexible: '0+' },
  {
    groupIds: '[]string',
    includeAuthorizedOperations: 'bool',
    includeTopologyDescription: 'bool 1+ =false',
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
      topology: struct('Topology ? =null', {
        epoch: 'int32',
        subtopologies: array('Subtopology ? =null', {
          subtopologyId: 'string',
          sourceTopics: '[]string',
          repartitionSinkTopics: '[]string',
          stateChangelogTopics: array('TopicInfo', topicInfo),
          repartitionSourceTopics: array('TopicInfo', topicInfo),
        }),
      }),
      members: array('Member', {
        memberId: 'string',
        memberEpoch: 'int32',
        instanceId: 'string ? =null',
        rackId: 'string ? =null',
        clientId: 'string',
        clientHost: 'string',
        topologyEpoch: 'int32',
        processId: 'string',
        userEndpoint: struct('Endpoint ? =null', endpoint),
        clientTags: array('KeyValue', keyValue),
        taskOffsets: array('TaskOffset', taskOffset),
        taskEndOffsets: array('TaskOffset', taskOffset),
        assignment: struct('Assignment', assignment),
        targetAssignment: struct('Assignment', assignment),
        isClassic: 'bool',
      }),
      authorizedOperations: 'int32 =-2147483648',
      topologyDescription: struct('TopologyDescription 1+ ? =null', topologyDescription),
      topologyDescriptionStatus: 'int8 1+ =0',
      assignorName: 'string 1+ ? =null',
    }),
  },
);

const streamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode = fields({
  name: 'string',
  nodeType: 'int8',
  sourceTopics: '[]string',
  sinkTopic: 'string ? =null',
  stores: '[]string',
  successors: '[]string',
});

const streamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionSubtopology = fields({
  subtopologyId: 'string',
  nodes: array('TopologyDescriptionNode', streamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode),
});

const streamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionGlobalStore = fields({
  source: struct('TopologyDescriptionNode', streamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode),
  processor: struct('TopologyDescriptionNode', streamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode),
});

const streamsGroupTopologyDescriptionUpdateRequestTopologyDescription = fields({
  subtopologies: array(
    'TopologyDescriptionSubtopology',
    streamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionSubtopology,
  ),
  globalStores: array(
    'TopologyDescriptionGlobalStore',
    streamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionGlobalStore,
  ),
});

const StreamsGroupTopologyDescriptionUpdate = api(
  { key: 93, name: 'StreamsGroupTopologyDescriptionUpdate', versions: '0', flexible: '0+' },
  {
    groupId: 'string',
    memberId: 'string',
    topologyEpoch: 'int32',
    topologyDescription: struct('TopologyDescription', streamsGroupTopologyDescriptionUpdateRequestTopologyDescription),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ? =null',
  },
);

export const groupsStreamsApis = { StreamsGroupHeartbeat, StreamsGroupDescribe, StreamsGroupTopologyDescriptionUpdate };
