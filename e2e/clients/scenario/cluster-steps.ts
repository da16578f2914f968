import { MORE_PARTITIONS, act, expectEqual, expectIncludes, own } from './turn.ts';
import type { Step } from './turn.ts';

export const CLUSTER_STEPS: readonly Step[] = [
  {
    operation: 'describe-cluster',
    run: async (turn) => {
      const { clusterId, brokers } = await act(turn, 'describeCluster')();
      expectEqual('brokers', brokers, [`127.0.0.1:${turn.observer.port}`]);
      if (clusterId !== undefined) expectEqual('cluster id', clusterId, turn.cluster.clusterId);
    },
  },
  {
    operation: 'api-versions',
    run: async (turn) => {
      expectIncludes('APIs', await act(turn, 'apiVersions')(), ['Produce', 'Fetch', 'CreateTopics']);
    },
  },
];

/** What has a truthful answer with one broker, though there is nothing to move. */
export const PLACEMENT_STEPS: readonly Step[] = [
  {
    operation: 'log-dirs',
    run: async (turn) => {
      const topic = own(turn, 'work');
      const partitions = turn.ledger.partitions.get(topic) ?? MORE_PARTITIONS;
      expectEqual('partitions in log directories', await act(turn, 'logDirs')(topic), partitions);
    },
  },
  { operation: 'elect-leaders', run: (turn) => act(turn, 'electLeaders')(own(turn, 'work'), 0) },
  {
    operation: 'reassign-partitions',
    run: (turn) => act(turn, 'reassignPartitions')(own(turn, 'work'), 0, turn.cluster.brokerId),
  },
];
