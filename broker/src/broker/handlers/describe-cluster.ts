import { KafkaErrors } from '../../kafka/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import { CLUSTER_OPERATIONS, NOT_ASKED } from '../authorized-operations.ts';
import { visibleBrokers } from '../cluster-view.ts';
import type { Services } from '../services.ts';

const ENDPOINT_BROKERS = 1;

/** The brokers and who is the controller. There are no controllers that are not brokers. */
export function describeCluster(services: Services): ServedApi<'DescribeCluster'> {
  return serve('DescribeCluster', (request): Answer<'DescribeCluster'> => {
    const { image } = services.metadata;
    if (request.endpointType !== ENDPOINT_BROKERS) {
      return {
        throttleTimeMs: 0,
        errorCode: KafkaErrors.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: 'Every controller is a broker here; ask for brokers.',
        endpointType: request.endpointType,
        clusterId: image.lineage,
        brokers: [],
      };
    }
    return {
      throttleTimeMs: 0,
      errorCode: KafkaErrors.NONE,
      errorMessage: null,
      clusterId: image.lineage,
      controllerId: services.brokerId,
      brokers: visibleBrokers(services, image).map(({ id, host, port, rack = null }) => ({
        brokerId: id,
        host,
        port,
        rack,
        isFenced: false,
      })),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
    };
  });
}
