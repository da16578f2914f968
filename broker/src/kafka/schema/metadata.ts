// Finding out about the cluster: Metadata, ApiVersions, DescribeCluster, DescribeTopicPartitions.

import { api, array, struct } from '../notation.ts';

const Metadata = api(
  { key: 3, name: 'Metadata', versions: '0-13', flexible: '9+' },
  {
    topics: array('MetadataRequestTopic ?1+', {
      topicId: 'uuid 10+',
      name: 'string ?10+',
    }),
    allowAutoTopicCreation: 'bool 4+ =true',
    includeClusterAuthorizedOperations: 'bool 8-10',
    includeTopicAuthorizedOperations: 'bool 8+',
  },
  {
    throttleTimeMs: 'int32 3+',
    brokers: array('MetadataResponseBroker', {
      nodeId: 'int32',
      host: 'string',
      port: 'int32',
      rack: 'string 1+ ? =null',
    }),
    clusterId: 'string 2+ ? =null',
    controllerId: 'int32 1+ =-1',
    topics: array('MetadataResponseTopic', {
      errorCode: 'int16',
      name: 'string ?12+',
      topicId: 'uuid 10+',
      isInternal: 'bool 1+ =false',
      partitions: array('MetadataResponsePartition', {
        errorCode: 'int16',
        partitionIndex: 'int32',
        leaderId: 'int32',
        leaderEpoch: 'int32 7+ =-1',
        replicaNodes: '[]int32',
        isrNodes: '[]int32',
        offlineReplicas: '[]int32 5+',
      }),
      topicAuthorizedOperations: 'int32 8+ =-2147483648',
    }),
    clusterAuthorizedOperations: 'int32 8-10 =-2147483648',
    errorCode: 'int16 13+',
  },
);

const ApiVersions = api(
  { key: 18, name: 'ApiVersions', versions: '0-5', flexible: '3+' },
  {
    clientSoftwareName: 'string 3+',
    clientSoftwareVersion: 'string 3+',
    clusterId: 'string 5+ ? =null',
    nodeId: 'int32 5+ =-1',
  },
  {
    errorCode: 'int16',
    apiKeys: array('ApiVersion', {
      apiKey: 'int16',
      minVersion: 'int16',
      maxVersion: 'int16',
    }),
    throttleTimeMs: 'int32 1+',
    supportedFeatures: array('SupportedFeatureKey 3+ #0', {
      name: 'string 3+',
      minVersion: 'int16 3+',
      maxVersion: 'int16 3+',
    }),
    finalizedFeaturesEpoch: 'int64 3+ #1 =-1',
    finalizedFeatures: array('FinalizedFeatureKey 3+ #2', {
      name: 'string 3+',
      maxVersionLevel: 'int16 3+',
      minVersionLevel: 'int16 3+',
    }),
    zkMigrationReady: 'bool 3+ #3 =false',
  },
);

const DescribeCluster = api(
  { key: 60, name: 'DescribeCluster', versions: '0-2', flexible: '0+' },
  {
    includeClusterAuthorizedOperations: 'bool',
    endpointType: 'int8 1+ =1',
    includeFencedBrokers: 'bool 2+',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ? =null',
    endpointType: 'int8 1+ =1',
    clusterId: 'string',
    controllerId: 'int32 =-1',
    brokers: array('DescribeClusterBroker', {
      brokerId: 'int32',
      host: 'string',
      port: 'int32',
      rack: 'string ? =null',
      isFenced: 'bool 2+',
    }),
    clusterAuthorizedOperations: 'int32 =-2147483648',
  },
);

const DescribeTopicPartitions = api(
  { key: 75, name: 'DescribeTopicPartitions', versions: '0', flexible: '0+' },
  {
    topics: array('TopicRequest', {
      name: 'string',
    }),
    responsePartitionLimit: 'int32 =2000',
    cursor: struct('Cursor ? =null', {
      topicName: 'string',
      partitionIndex: 'int32',
    }),
  },
  {
    throttleTimeMs: 'int32',
    topics: array('DescribeTopicPartitionsResponseTopic', {
      errorCode: 'int16',
      name: 'string ?',
      topicId: 'uuid',
      isInternal: 'bool =false',
      partitions: array('DescribeTopicPartitionsResponsePartition', {
        errorCode: 'int16',
        partitionIndex: 'int32',
        leaderId: 'int32',
        leaderEpoch: 'int32 =-1',
        replicaNodes: '[]int32',
        isrNodes: '[]int32',
        eligibleLeaderReplicas: '[]int32 ? =null',
        lastKnownElr: '[]int32 ? =null',
        offlineReplicas: '[]int32',
      }),
      topicAuthorizedOperations: 'int32 =-2147483648',
    }),
    nextCursor: struct('Cursor ? =null', {
      topicName: 'string',
      partitionIndex: 'int32',
    }),
  },
);

export const metadataApis = { Metadata, ApiVersions, DescribeCluster, DescribeTopicPartitions };
