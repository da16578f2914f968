// Producer ids and transactions.

import { api, array, fields } from '../notation.ts';

const InitProducerId = api(
  { key: 22, name: 'InitProducerId', versions: '0-6', flexible: '2+', latestVersionUnstable: true },
  {
    transactionalId: 'string ?',
    transactionTimeoutMs: 'int32',
    producerId: 'int64 3+ =-1',
    producerEpoch: 'int16 3+ =-1',
    enable2Pc: 'bool 6+ =false',
    keepPreparedTxn: 'bool 6+ =false',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    producerId: 'int64 =-1',
    producerEpoch: 'int16',
    ongoingTxnProducerId: 'int64 6+ =-1',
    ongoingTxnProducerEpoch: 'int16 6+ =-1',
  },
);

const addPartitionsToTxnTopic = fields({
  name: 'string',
  partitions: '[]int32',
});

const addPartitionsToTxnPartitionResult = fields({
  partitionIndex: 'int32',
  partitionErrorCode: 'int16',
});

const addPartitionsToTxnTopicResult = fields({
  name: 'string',
  resultsByPartition: array('AddPartitionsToTxnPartitionResult', addPartitionsToTxnPartitionResult),
});

const AddPartitionsToTxn = api(
  { key: 24, name: 'AddPartitionsToTxn', versions: '0-5', flexible: '3+' },
  {
    transactions: array('AddPartitionsToTxnTransaction 4+', {
      transactionalId: 'string 4+',
      producerId: 'int64 4+',
      producerEpoch: 'int16 4+',
      verifyOnly: 'bool 4+ =false',
      topics: array('AddPartitionsToTxnTopic 4+', addPartitionsToTxnTopic),
    }),
    v3AndBelowTransactionalId: 'string 0-3',
    v3AndBelowProducerId: 'int64 0-3',
    v3AndBelowProducerEpoch: 'int16 0-3',
    v3AndBelowTopics: array('AddPartitionsToTxnTopic 0-3', addPartitionsToTxnTopic),
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16 4+',
    resultsByTransaction: array('AddPartitionsToTxnResult 4+', {
      transactionalId: 'string 4+',
      topicResults: array('AddPartitionsToTxnTopicResult 4+', addPartitionsToTxnTopicResult),
    }),
    resultsByTopicV3AndBelow: array('AddPartitionsToTxnTopicResult 0-3', addPartitionsToTxnTopicResult),
  },
);

const AddOffsetsToTxn = api(
  { key: 25, name: 'AddOffsetsToTxn', versions: '0-4', flexible: '3+' },
  {
    transactionalId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    groupId: 'string',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
  },
);

const EndTxn = api(
  { key: 26, name: 'EndTxn', versions: '0-5', flexible: '3+' },
  {
    transactionalId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    committed: 'bool',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    producerId: 'int64 5+ =-1',
    producerEpoch: 'int16 5+ =-1',
  },
);

const WriteTxnMarkers = api(
  { key: 27, name: 'WriteTxnMarkers', versions: '1-2', flexible: '1+' },
  {
    markers: array('WritableTxnMarker', {
      producerId: 'int64',
      producerEpoch: 'int16',
      transactionResult: 'bool',
      topics: array('WritableTxnMarkerTopic', {
        name: 'string',
        partitionIndexes: '[]int32',
      }),
      coordinatorEpoch: 'int32',
      transactionVersion: 'int8 2+ =0',
    }),
  },
  {
    markers: array('WritableTxnMarkerResult', {
      producerId: 'int64',
      topics: array('WritableTxnMarkerTopicResult', {
        name: 'string',
        partitions: array('WritableTxnMarkerPartitionResult', {
          partitionIndex: 'int32',
          errorCode: 'int16',
        }),
      }),
    }),
  },
);

const TxnOffsetCommit = api(
  { key: 28, name: 'TxnOffsetCommit', versions: '0-6', flexible: '3+' },
  {
    transactionalId: 'string',
    groupId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    generationIdOrMemberEpoch: 'int32 3+ =-1',
    memberId: 'string 3+ =',
    groupInstanceId: 'string 3+ ? =null',
    topics: array('TxnOffsetCommitRequestTopic', {
      name: 'string 0-5',
      topicId: 'uuid 6+',
      partitions: array('TxnOffsetCommitRequestPartition', {
        partitionIndex: 'int32',
        committedOffset: 'clamp64',
        committedLeaderEpoch: 'int32 2+ =-1',
        committedMetadata: 'string ?',
      }),
    }),
  },
  {
    throttleTimeMs: 'int32',
    topics: array('TxnOffsetCommitResponseTopic', {
      name: 'string 0-5',
      topicId: 'uuid 6+',
      partitions: array('TxnOffsetCommitResponsePartition', {
        partitionIndex: 'int32',
        errorCode: 'int16',
      }),
    }),
  },
);

const DescribeProducers = api(
  { key: 61, name: 'DescribeProducers', versions: '0', flexible: '0+' },
  {
    topics: array('TopicRequest', {
      name: 'string',
      partitionIndexes: '[]int32',
    }),
  },
  {
    throttleTimeMs: 'int32',
    topics: array('TopicResponse', {
      name: 'string',
      partitions: array('PartitionResponse', {
        partitionIndex: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
        activeProducers: array('ProducerState', {
          producerId: 'int64',
          producerEpoch: 'int32',
          lastSequence: 'int32 =-1',
          lastTimestamp: 'int64 =-1',
          coordinatorEpoch: 'int32',
          currentTxnStartOffset: 'int64 =-1',
        }),
      }),
    }),
  },
);

const DescribeTransactions = api(
  { key: 65, name: 'DescribeTransactions', versions: '0', flexible: '0+' },
  {
    transactionalIds: '[]string',
  },
  {
    throttleTimeMs: 'int32',
    transactionStates: array('TransactionState', {
      errorCode: 'int16',
      transactionalId: 'string',
      transactionState: 'string',
      transactionTimeoutMs: 'int32',
      transactionStartTimeMs: 'int64',
      producerId: 'int64',
      producerEpoch: 'int16',
      topics: array('TopicData', {
        topic: 'string',
        partitions: '[]int32',
      }),
    }),
  },
);

const ListTransactions = api(
  { key: 66, name: 'ListTransactions', versions: '0-2', flexible: '0+' },
  {
    stateFilters: '[]string',
    producerIdFilters: '[]int64',
    durationFilter: 'clamp64 1+ =-1',
    transactionalIdPattern: 'string 2+ ? =null',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    unknownStateFilters: '[]string',
    transactionStates: array('TransactionState', {
      transactionalId: 'string',
      producerId: 'int64',
      transactionState: 'string',
    }),
  },
);

const AllocateProducerIds = api(
  { key: 67, name: 'AllocateProducerIds', versions: '0', flexible: '0+' },
  {
    brokerId: 'int32',
    brokerEpoch: 'int64 =-1',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    producerIdStart: 'int64',
    producerIdLen: 'int32',
  },
);

export const transactionsApis = {
  InitProducerId,
  AddPartitionsToTxn,
  AddOffsetsToTxn,
  EndTxn,
  WriteTxnMarkers,
  TxnOffsetCommit,
  DescribeProducers,
  DescribeTransactions,
  ListTransactions,
  AllocateProducerIds,
};
