// Structures that travel inside records or opaque byte fields.

import { array, fields, message, struct } from '../notation.ts';

export const AbortedTxn = message(
  { name: 'AbortedTxn', versions: '0', flexible: 'none' },
  {
    producerId: 'int64',
    firstOffset: 'int64',
    lastOffset: 'int64',
    lastStableOffset: 'int64',
  },
);

export const ConsumerProtocolAssignment = message(
  { name: 'ConsumerProtocolAssignment', versions: '0-3', flexible: 'none' },
  {
    assignedPartitions: array('TopicPartition', {
      topic: 'string',
      partitions: '[]int32',
    }),
    userData: 'bytes ? =null',
  },
);

export const ConsumerProtocolSubscription = message(
  { name: 'ConsumerProtocolSubscription', versions: '0-3', flexible: 'none' },
  {
    topics: '[]string',
    userData: 'bytes ? =null',
    ownedPartitions: array('TopicPartition 1+', {
      topic: 'string 1+',
      partitions: '[]int32 1+',
    }),
    generationId: 'int32 2+ =-1',
    rackId: 'string 3+ ? =null',
  },
);

export const ControlRecordTypeSchema = message(
  { name: 'ControlRecordTypeSchema', versions: '0', flexible: 'none' },
  {
    type: 'int16',
  },
);

export const DefaultPrincipalData = message(
  { name: 'DefaultPrincipalData', versions: '0', flexible: '0+' },
  {
    type: 'string',
    name: 'string',
    tokenAuthenticated: 'bool',
  },
);

export const EndTxnMarker = message(
  { name: 'EndTxnMarker', versions: '0', flexible: 'none' },
  {
    coordinatorEpoch: 'int32',
  },
);

export const KRaftVersionRecord = message(
  { name: 'KRaftVersionRecord', versions: '0', flexible: '0+' },
  {
    version: 'int16',
    kRaftVersion: 'int16',
  },
);

const voter = fields({
  voterId: 'int32',
  voterDirectoryId: 'uuid 1+',
});

export const LeaderChangeMessage = message(
  { name: 'LeaderChangeMessage', versions: '0-1', flexible: '0+' },
  {
    version: 'int16',
    leaderId: 'int32',
    voters: array('Voter', voter),
    grantingVoters: array('Voter', voter),
  },
);

export const SnapshotFooterRecord = message(
  { name: 'SnapshotFooterRecord', versions: '0', flexible: '0+' },
  {
    version: 'int16',
  },
);

export const SnapshotHeaderRecord = message(
  { name: 'SnapshotHeaderRecord', versions: '0', flexible: '0+' },
  {
    version: 'int16',
    lastContainedLogTimestamp: 'int64',
  },
);

export const VotersRecord = message(
  { name: 'VotersRecord', versions: '0', flexible: '0+' },
  {
    version: 'int16',
    voters: array('Voter', {
      voterId: 'int32',
      voterDirectoryId: 'uuid',
      endpoints: array('Endpoint', {
        name: 'string',
        host: 'string',
        port: 'uint16',
      }),
      kRaftVersionFeature: struct('KRaftVersionFeature', {
        minSupportedVersion: 'int16',
        maxSupportedVersion: 'int16',
      }),
    }),
  },
);
