// Records of __transaction_state.

import { array, coordinatorRecord } from '../notation.ts';

const TransactionLog = coordinatorRecord(
  { type: 0, name: 'TransactionLog', versions: '0-1', flexible: '1+' },
  {
    transactionalId: 'string 0',
  },
  {
    producerId: 'int64',
    previousProducerId: 'int64 1+ #0 =-1',
    nextProducerId: 'int64 1+ #1 =-1',
    producerEpoch: 'int16',
    nextProducerEpoch: 'int16 1+ #3 =-1',
    transactionTimeoutMs: 'int32',
    transactionStatus: 'int8',
    transactionPartitions: array('PartitionsSchema ?', {
      topic: 'string',
      partitionIds: '[]int32',
    }),
    transactionLastUpdateTimestampMs: 'int64',
    transactionStartTimestampMs: 'int64',
    clientTransactionVersion: 'int16 1+ #2 =0',
  },
);

export const transactionsRecords = { TransactionLog };
