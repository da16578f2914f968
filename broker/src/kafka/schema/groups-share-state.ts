// The share coordinator's state calls (KIP-932), broker to broker.

import { api, array } from '../notation.ts';

const InitializeShareGroupState = api(
  { key: 83, name: 'InitializeShareGroupState', versions: '0', flexible: '0+' },
  {
    groupId: 'string',
    topics: array('InitializeStateData', {
      topicId: 'uuid',
      partitions: array('PartitionData', {
        partition: 'int32',
        stateEpoch: 'int32',
        startOffset: 'int64',
      }),
    }),
  },
  {
    results: array('InitializeStateResult', {
      topicId: 'uuid',
      partitions: array('PartitionResult', {
        partition: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
      }),
    }),
  },
);

const ReadShareGroupState = api(
  { key: 84, name: 'ReadShareGroupState', versions: '0', flexible: '0+' },
  {
    groupId: 'string',
    topics: array('ReadStateData', {
      topicId: 'uuid',
      partitions: array('PartitionData', {
        partition: 'int32',
        leaderEpoch: 'int32',
      }),
    }),
  },
  {
    results: array('ReadStateResult', {
      topicId: 'uuid',
      partitions: array('PartitionResult', {
        partition: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
        stateEpoch: 'int32',
        startOffset: 'int64',
        stateBatches: array('StateBatch', {
          firstOffset: 'int64',
          lastOffset: 'int64',
          deliveryState: 'int8',
          deliveryCount: 'int16',
        }),
      }),
    }),
  },
);

const WriteShareGroupState = api(
  { key: 85, name: 'WriteShareGroupState', versions: '0-1', flexible: '0+' },
  {
    groupId: 'string',
    topics: array('WriteStateData', {
      topicId: 'uuid',
      partitions: array('PartitionData', {
        partition: 'int32',
        stateEpoch: 'int32',
        leaderEpoch: 'int32',
        startOffset: 'int64',
        deliveryCompleteCount: 'int32 1+ =-1',
        stateBatches: array('StateBatch', {
          firstOffset: 'int64',
          lastOffset: 'int64',
          deliveryState: 'int8',
          deliveryCount: 'int16',
        }),
      }),
    }),
  },
  {
    results: array('WriteStateResult', {
      topicId: 'uuid',
      partitions: array('PartitionResult', {
        partition: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
      }),
    }),
  },
);

const DeleteShareGroupState = api(
  { key: 86, name: 'DeleteShareGroupState', versions: '0', flexible: '0+' },
  {
    groupId: 'string',
    topics: array('DeleteStateData', {
      topicId: 'uuid',
      partitions: array('PartitionData', {
        partition: 'int32',
      }),
    }),
  },
  {
    results: array('DeleteStateResult', {
      topicId: 'uuid',
      partitions: array('PartitionResult', {
        partition: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
      }),
    }),
  },
);

const ReadShareGroupStateSummary = api(
  { key: 87, name: 'ReadShareGroupStateSummary', versions: '0-1', flexible: '0+' },
  {
    groupId: 'string',
    topics: array('ReadStateSummaryData', {
      topicId: 'uuid',
      partitions: array('PartitionData', {
        partition: 'int32',
        leaderEpoch: 'int32',
      }),
    }),
  },
  {
    results: array('ReadStateSummaryResult', {
      topicId: 'uuid',
      partitions: array('PartitionResult', {
        partition: 'int32',
        errorCode: 'int16',
        errorMessage: 'string ? =null',
        stateEpoch: 'int32',
        leaderEpoch: 'int32',
        startOffset: 'int64',
        deliveryCompleteCount: 'int32 1+ =-1',
      }),
    }),
  },
);

export const groupsShareStateApis = {
  InitializeShareGroupState,
  ReadShareGroupState,
  WriteShareGroupState,
  DeleteShareGroupState,
  ReadShareGroupStateSummary,
};
