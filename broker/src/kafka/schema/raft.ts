// The controllers' quorum.

import { api, array, fields, struct } from '../notation.ts';

const Vote = api(
  { key: 52, name: 'Vote', versions: '0-2', flexible: '0+' },
  {
    clusterId: 'string ? =null',
    voterId: 'int32 1+ =-1',
    topics: array('TopicData', {
      topicName: 'string',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        replicaEpoch: 'int32',
        replicaId: 'int32',
        replicaDirectoryId: 'uuid 1+',
        voterDirectoryId: 'uuid 1+',
        lastOffsetEpoch: 'int32',
        lastOffset: 'int64',
        preVote: 'bool 2+',
      }),
    }),
  },
  {
    errorCode: 'int16',
    topics: array('TopicData', {
      topicName: 'string',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        leaderId: 'int32',
        leaderEpoch: 'int32',
        voteGranted: 'bool',
      }),
    }),
    nodeEndpoints: array('NodeEndpoint 1+ #0', {
      nodeId: 'int32 1+',
      host: 'string 1+',
      port: 'uint16 1+',
    }),
  },
);

const BeginQuorumEpoch = api(
  { key: 53, name: 'BeginQuorumEpoch', versions: '0-1', flexible: '1+' },
  {
    clusterId: 'string ? =null',
    voterId: 'int32 1+ =-1',
    topics: array('TopicData', {
      topicName: 'string',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        voterDirectoryId: 'uuid 1+',
        leaderId: 'int32',
        leaderEpoch: 'int32',
      }),
    }),
    leaderEndpoints: array('LeaderEndpoint 1+', {
      name: 'string 1+',
      host: 'string 1+',
      port: 'uint16 1+',
    }),
  },
  {
    errorCode: 'int16',
    topics: array('TopicData', {
      topicName: 'string',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        leaderId: 'int32',
        leaderEpoch: 'int32',
      }),
    }),
    nodeEndpoints: array('NodeEndpoint 1+ #0', {
      nodeId: 'int32 1+',
      host: 'string 1+',
      port: 'uint16 1+',
    }),
  },
);

const EndQuorumEpoch = api(
  { key: 54, name: 'EndQuorumEpoch', versions: '0-1', flexible: '1+' },
  {
    clusterId: 'string ? =null',
    topics: array('TopicData', {
      topicName: 'string',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        leaderId: 'int32',
        leaderEpoch: 'int32',
        preferredSuccessors: '[]int32 0',
        preferredCandidates: array('ReplicaInfo 1+', {
          candidateId: 'int32 1+',
          candidateDirectoryId: 'uuid 1+',
        }),
      }),
    }),
    leaderEndpoints: array('LeaderEndpoint 1+', {
      name: 'string 1+',
      host: 'string 1+',
      port: 'uint16 1+',
    }),
  },
  {
    errorCode: 'int16',
    topics: array('TopicData', {
      topicName: 'string',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        leaderId: 'int32',
        leaderEpoch: 'int32',
      }),
    }),
    nodeEndpoints: array('NodeEndpoint 1+ #0', {
      nodeId: 'int32 1+',
      host: 'string 1+',
      port: 'uint16 1+',
    }),
  },
);

const replicaState = fields({
  replicaId: 'int32',
  replicaDirectoryId: 'uuid 2+',
  logEndOffset: 'int64',
  lastFetchTimestamp: 'int64 1+ =-1',
  lastCaughtUpTimestamp: 'int64 1+ =-1',
});

const DescribeQuorum = api(
  { key: 55, name: 'DescribeQuorum', versions: '0-2', flexible: '0+' },
  {
    topics: array('TopicData', {
      topicName: 'string',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
      }),
    }),
  },
  {
    errorCode: 'int16',
    errorMessage: 'string 2+ ?',
    topics: array('TopicData', {
      topicName: 'string',
      partitions: array('PartitionData', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        errorMessage: 'string 2+ ?',
        leaderId: 'int32',
        leaderEpoch: 'int32',
        highWatermark: 'int64',
        currentVoters: array('ReplicaState', replicaState),
        observers: array('ReplicaState', replicaState),
      }),
    }),
    nodes: array('Node 2+', {
      nodeId: 'int32 2+',
      listeners: array('Listener 2+', {
        name: 'string 2+',
        host: 'string 2+',
        port: 'uint16 2+',
      }),
    }),
  },
);

const FetchSnapshot = api(
  { key: 59, name: 'FetchSnapshot', versions: '0-1', flexible: '0+' },
  {
    clusterId: 'string ? #0 =null',
    replicaId: 'int32 =-1',
    maxBytes: 'int32 =2147483647',
    topics: array('TopicSnapshot', {
      name: 'string',
      partitions: array('PartitionSnapshot', {
        partition: 'int32',
        currentLeaderEpoch: 'int32',
        snapshotId: struct('SnapshotId', {
          endOffset: 'int64',
          epoch: 'int32',
        }),
        position: 'int64',
        replicaDirectoryId: 'uuid 1+ #0',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    topics: array('TopicSnapshot', {
      name: 'string',
      partitions: array('PartitionSnapshot', {
        index: 'int32',
        errorCode: 'int16',
        snapshotId: struct('SnapshotId', {
          endOffset: 'int64',
          epoch: 'int32',
        }),
        currentLeader: struct('LeaderIdAndEpoch #0', {
          leaderId: 'int32',
          leaderEpoch: 'int32',
        }),
        size: 'int64',
        position: 'int64',
        unalignedRecords: 'records',
      }),
    }),
    nodeEndpoints: array('NodeEndpoint 1+ #0', {
      nodeId: 'int32 1+',
      host: 'string 1+',
      port: 'uint16 1+',
    }),
  },
);

const AddRaftVoter = api(
  { key: 80, name: 'AddRaftVoter', versions: '0-1', flexible: '0+' },
  {
    clusterId: 'string ?',
    timeoutMs: 'int32',
    voterId: 'int32',
    voterDirectoryId: 'uuid',
    listeners: array('Listener', {
      name: 'string',
      host: 'string',
      port: 'uint16',
    }),
    ackWhenCommitted: 'bool 1+ =true',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
  },
);

const RemoveRaftVoter = api(
  { key: 81, name: 'RemoveRaftVoter', versions: '0', flexible: '0+' },
  {
    clusterId: 'string ?',
    voterId: 'int32',
    voterDirectoryId: 'uuid',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
  },
);

const UpdateRaftVoter = api(
  { key: 82, name: 'UpdateRaftVoter', versions: '0', flexible: '0+' },
  {
    clusterId: 'string ?',
    currentLeaderEpoch: 'int32',
    voterId: 'int32',
    voterDirectoryId: 'uuid',
    listeners: array('Listener', {
      name: 'string',
      host: 'string',
      port: 'uint16',
    }),
    kRaftVersionFeature: struct('KRaftVersionFeature', {
      minSupportedVersion: 'int16',
      maxSupportedVersion: 'int16',
    }),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    currentLeader: struct('CurrentLeader #0', {
      leaderId: 'int32 =-1',
      leaderEpoch: 'int32 =-1',
      host: 'string',
      port: 'int32',
    }),
  },
);

export const raftApis = {
  Vote,
  BeginQuorumEpoch,
  EndQuorumEpoch,
  DescribeQuorum,
  FetchSnapshot,
  AddRaftVoter,
  RemoveRaftVoter,
  UpdateRaftVoter,
};
