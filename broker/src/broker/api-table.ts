import type { ServedApi } from '../net/index.ts';
import { alterConfigs, incrementalAlterConfigs } from './handlers/alter-configs.ts';
import { apiVersions } from './handlers/api-versions.ts';
import { createPartitions } from './handlers/create-partitions.ts';
import { createTopics } from './handlers/create-topics.ts';
import { deleteRecords } from './handlers/delete-records.ts';
import { deleteTopics } from './handlers/delete-topics.ts';
import { describeCluster } from './handlers/describe-cluster.ts';
import { describeConfigs } from './handlers/describe-configs.ts';
import { describeLogDirs } from './handlers/describe-log-dirs.ts';
import { describeProducers } from './handlers/describe-producers.ts';
import { describeTopicPartitions } from './handlers/describe-topic-partitions.ts';
import { electLeaders } from './handlers/elect-leaders.ts';
import { fetch } from './handlers/fetch.ts';
import { findCoordinator } from './handlers/find-coordinator.ts';
import { groupApis } from './handlers/groups.ts';
import { initProducerId } from './handlers/init-producer-id.ts';
import { listOffsets } from './handlers/list-offsets.ts';
import { metadata } from './handlers/metadata.ts';
import { offsetCommit } from './handlers/offset-commit.ts';
import { offsetFetch } from './handlers/offset-fetch.ts';
import { offsetForLeaderEpoch } from './handlers/offset-for-leader-epoch.ts';
import { alterPartitionReassignments, listPartitionReassignments } from './handlers/partition-reassignments.ts';
import { produce } from './handlers/produce.ts';
import type { Services } from './services.ts';

/** Every API that is served, by key. ApiVersions answers from this table and from nothing else. */
export function apiTable(services: Services): ReadonlyMap<number, ServedApi> {
  const table = new Map<number, ServedApi>();
  const served = [
    produce(services),
    fetch(services),
    listOffsets(services),
    metadata(services),
    offsetCommit(services),
    offsetFetch(services),
    findCoordinator(services),
    ...groupApis(services),
    apiVersions(() => table.values()),
    initProducerId(services),
    offsetForLeaderEpoch(services),
    describeCluster(services),
    describeTopicPartitions(services),
    createTopics(services),
    deleteTopics(services),
    createPartitions(services),
    deleteRecords(services),
    describeConfigs(services),
    incrementalAlterConfigs(services),
    alterConfigs(services),
    describeLogDirs(services),
    describeProducers(services),
    electLeaders(services),
    alterPartitionReassignments(services),
    listPartitionReassignments(),
  ];
  // Each handler takes the requests of its own key, which the dispatcher decodes for it.
  for (const api of served as unknown as readonly ServedApi[]) table.set(api.key, api);
  return table;
}
