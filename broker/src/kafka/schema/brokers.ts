// Registration and heartbeat of brokers and controllers, and calls between them.

import { api, array } from '../notation.ts';

const AlterPartition = api(
  { key: 56, name: 'AlterPartition', versions: '2-3', flexible: '0+' },
  {
    brokerId: 'int32',
    brokerEpoch: 'int64 =-1',
    topics: array('TopicData', {
      topicId: 'uuid 2+',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        leaderEpoch: 'int32',
        newIsr: '[]int32 0-2',
        newIsrWithEpochs: array('BrokerState 3+', {
          brokerId: 'int32 3+',
          brokerEpoch: 'int64 3+ =-1',
        }),
        leaderRecoveryState: 'int8 1+ =0',
        partitionEpoch: 'int32',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    topics: array('TopicData', {
      topicId: 'uuid 2+',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        leaderId: 'int32',
        leaderEpoch: 'int32',
        isr: '[]int32',
        leaderRecoveryState: 'int8 1+ =0',
        partitionEpoch: 'int32',
      }),
    }),
  },
);

const Envelope = api(
  { key: 58, name: 'Envelope', versions: '0', flexible: '0+' },
  {
    requestData: 'bytes',
    requestPrincipal: 'bytes ?',
    clientHostAddress: 'bytes',
  },
  {
    responseData: 'bytes ? =null',
    errorCode: 'int16',
  },
);

const BrokerRegistration = api(
  { key: 62, name: 'BrokerRegistration', versions: '0-4', flexible: '0+' },
  {
    brokerId: 'int32',
    clusterId: 'string',
    incarnationId: 'uuid',
    listeners: array('Listener', {
      name: 'string',
      host: 'string',
      port: 'uint16',
      securityProtocol: 'int16',
    }),
    features: array('Feature', {
      name: 'string',
      minSupportedVersion: 'int16',
      maxSupportedVersion: 'int16',
    }),
    rack: 'string ?',
    isMigratingZkBroker: 'bool 1+ =false',
    logDirs: '[]uuid 2+',
    previousBrokerEpoch: 'int64 3+ =-1',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    brokerEpoch: 'int64 =-1',
  },
);

const BrokerHeartbeat = api(
  { key: 63, name: 'BrokerHeartbeat', versions: '0-2', flexible: '0+' },
  {
    brokerId: 'int32',
    brokerEpoch: 'int64 =-1',
    currentMetadataOffset: 'int64',
    wantFence: 'bool',
    wantShutDown: 'bool',
    offlineLogDirs: '[]uuid 1+ #0',
    cordonedLogDirs: '[]uuid 2+ ? #1 =null',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    isCaughtUp: 'bool =false',
    isFenced: 'bool =true',
    shouldShutDown: 'bool',
  },
);

const UnregisterBroker = api(
  { key: 64, name: 'UnregisterBroker', versions: '0', flexible: '0+' },
  {
    brokerId: 'int32',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
  },
);

const ControllerRegistration = api(
  { key: 70, name: 'ControllerRegistration', versions: '0', flexible: '0+' },
  {
    controllerId: 'int32',
    incarnationId: 'uuid',
    zkMigrationReady: 'bool',
    listeners: array('Listener', {
      name: 'string',
      host: 'string',
      port: 'uint16',
      securityProtocol: 'int16',
    }),
    features: array('Feature', {
      name: 'string',
      minSupportedVersion: 'int16',
      maxSupportedVersion: 'int16',
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
  },
);

const AssignReplicasToDirs = api(
  { key: 73, name: 'AssignReplicasToDirs', versions: '0', flexible: '0+' },
  {
    brokerId: 'int32',
    brokerEpoch: 'int64 =-1',
    directories: array('DirectoryData', {
      id: 'uuid',
      topics: array('TopicData', {
        topicId: 'uuid',
        partitions: array('PartitionData', {
          partitionIndex: 'int32',
        }),
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    directories: array('DirectoryData', {
      id: 'uuid',
      topics: array('TopicData', {
        topicId: 'uuid',
        partitions: array('PartitionData', {
          partitionIndex: 'int32',
          errorCode: 'int16',
        }),
      }),
    }),
  },
);

const UnregisterController = api(
  { key: 94, name: 'UnregisterController', versions: '0', flexible: '0+' },
  {
    controllerId: 'int32',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
  },
);

export const brokersApis = {
  AlterPartition,
  Envelope,
  BrokerRegistration,
  BrokerHeartbeat,
  UnregisterBroker,
  ControllerRegistration,
  AssignReplicasToDirs,
  UnregisterController,
};
