// Topics, partitions and replicas: create, delete, reassign, elect, log directories.

import { api, array } from '../notation.ts';

const CreateTopics = api(
  { key: 19, name: 'CreateTopics', versions: '2-7', flexible: '5+' },
  {
    topics: array('CreatableTopic', {
      name: 'string',
      numPartitions: 'int32',
      replicationFactor: 'int16',
      assignments: array('CreatableReplicaAssignment', {
        partitionIndex: 'int32',
        brokerIds: '[]int32',
      }),
      configs: array('CreatableTopicConfig', {
        name: 'string',
        value: 'string ?',
      }),
    }),
    timeoutMs: 'int32 =60000',
    validateOnly: 'bool 1+ =false',
  },
  {
    throttleTimeMs: 'int32 2+',
    topics: array('CreatableTopicResult', {
      name: 'string',
      topicId: 'uuid 7+',
      errorCode: 'int16',
      errorMessage: 'string 1+ ?0+',
      topicConfigErrorCode: 'int16 5+ #0',
      numPartitions: 'int32 5+ =-1',
      replicationFactor: 'int16 5+ =-1',
      configs: array('CreatableTopicConfigs 5+ ?', {
        name: 'string 5+',
        value: 'string 5+ ?',
        readOnly: 'bool 5+',
        configSource: 'int8 5+ =-1',
        isSensitive: 'bool 5+',
      }),
    }),
  },
);

const DeleteTopics = api(
  { key: 20, name: 'DeleteTopics', versions: '1-6', flexible: '4+' },
  {
    topics: array('DeleteTopicState 6+', {
      name: 'string 6+ ? =null',
      topicId: 'uuid 6+',
    }),
    topicNames: '[]string 0-5',
    timeoutMs: 'int32',
  },
  {
    throttleTimeMs: 'int32 1+',
    responses: array('DeletableTopicResult', {
      name: 'string ?6+',
      topicId: 'uuid 6+',
      errorCode: 'int16',
      errorMessage: 'string 5+ ? =null',
    }),
  },
);

const CreatePartitions = api(
  { key: 37, name: 'CreatePartitions', versions: '0-3', flexible: '2+' },
  {
    topics: array('CreatePartitionsTopic', {
      name: 'string',
      count: 'int32',
      assignments: array('CreatePartitionsAssignment ?', {
        brokerIds: '[]int32',
      }),
    }),
    timeoutMs: 'int32',
    validateOnly: 'bool',
  },
  {
    throttleTimeMs: 'int32',
    results: array('CreatePartitionsTopicResult', {
      name: 'string',
      errorCode: 'int16',
      errorMessage: 'string ? =null',
    }),
  },
);

const ElectLeaders = api(
  { key: 43, name: 'ElectLeaders', versions: '0-2', flexible: '2+' },
  {
    electionType: 'int8 1+',
    topicPartitions: array('TopicPartitions ?', {
      topic: 'string',
      partitions: '[]int32',
    }),
    timeoutMs: 'int32 =60000',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16 1+',
    replicaElectionResults: array('ReplicaElectionResult', {
      topic: 'string',
      partitionResult: array('PartitionResult', {
        partitionId: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ?',
      }),
    }),
  },
);

const AlterPartitionReassignments = api(
  { key: 45, name: 'AlterPartitionReassignments', versions: '0-1', flexible: '0+' },
  {
    timeoutMs: 'int32 =60000',
    allowReplicationFactorChange: 'bool 1+ =true',
    topics: array('ReassignableTopic', {
      name: 'string',
      partitions: array('ReassignablePartition', {
        partitionIndex: 'int32',
        replicas: '[]int32 ? =null',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    allowReplicationFactorChange: 'bool 1+ =true',
    errorCode: 'int16',
    errorMessage: 'string ?',
    responses: array('ReassignableTopicResponse', {
      name: 'string',
      partitions: array('ReassignablePartitionResponse', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ?',
      }),
    }),
  },
);

const ListPartitionReassignments = api(
  { key: 46, name: 'ListPartitionReassignments', versions: '0', flexible: '0+' },
  {
    timeoutMs: 'int32 =60000',
    topics: array('ListPartitionReassignmentsTopics ? =null', {
      name: 'string',
      partitionIndexes: '[]int32',
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
    topics: array('OngoingTopicReassignment', {
      name: 'string',
      partitions: array('OngoingPartitionReassignment', {
        partitionIndex: 'int32',
        replicas: '[]int32',
        addingReplicas: '[]int32',
        removingReplicas: '[]int32',
      }),
    }),
  },
);

const AlterReplicaLogDirs = api(
  { key: 34, name: 'AlterReplicaLogDirs', versions: '1-2', flexible: '2+' },
  {
    dirs: array('AlterReplicaLogDir', {
      path: 'string',
      topics: array('AlterReplicaLogDirTopic', {
        name: 'string',
        partitions: '[]int32',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    results: array('AlterReplicaLogDirTopicResult', {
      topicName: 'string',
      partitions: array('AlterReplicaLogDirPartitionResult', {
        partitionIndex: 'int32',
        errorCode: 'int16',
      }),
    }),
  },
);

const DescribeLogDirs = api(
  { key: 35, name: 'DescribeLogDirs', versions: '1-5', flexible: '2+' },
  {
    topics: array('DescribableLogDirTopic ?', {
      topic: 'string',
      partitions: '[]int32',
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16 3+',
    results: array('DescribeLogDirsResult', {
      errorCode: 'int16',
      logDir: 'string',
      topics: array('DescribeLogDirsTopic', {
        name: 'string',
        partitions: array('DescribeLogDirsPartition', {
          partitionIndex: 'int32',
          partitionSize: 'int64',
          offsetLag: 'int64',
          isFutureKey: 'bool',
        }),
      }),
      totalBytes: 'int64 4+ =-1',
      usableBytes: 'int64 4+ =-1',
      isCordoned: 'bool 5+ =false',
    }),
  },
);

export const topicsApis = {
  CreateTopics,
  DeleteTopics,
  CreatePartitions,
  ElectLeaders,
  AlterPartitionReassignments,
  ListPartitionReassignments,
  AlterReplicaLogDirs,
  DescribeLogDirs,
};
