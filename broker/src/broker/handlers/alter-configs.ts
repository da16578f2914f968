import { type ConfigOperation, alterConfigs as planAlter, replaceConfigs } from '../../meta/index.ts';
import { type ServedApi, serve } from '../../net/index.ts';
import { alterResources } from '../config-resources.ts';
import type { Services } from '../services.ts';

/** Kafka's operations, at the position of their number. */
const operations: readonly ConfigOperation['operation'][] = ['set', 'delete', 'append', 'subtract'];

/** Changes single configurations (KIP-339). */
export function incrementalAlterConfigs(services: Services): ServedApi<'IncrementalAlterConfigs'> {
  return serve('IncrementalAlterConfigs', async ({ resources, validateOnly }) => {
    const alterations = resources.map(({ resourceType, resourceName, configs }) => ({
      resourceType,
      resourceName,
      operations: configs.map(({ name, configOperation, value }): ConfigOperation | undefined => {
        const operation = operations[configOperation];
        return operation === undefined ? undefined : { name, operation, value };
      }),
    }));
    const responses = await alterResources(services, alterations, validateOnly, planAlter);
    return { throttleTimeMs: 0, responses };
  });
}

/** Replaces all configurations of a resource: what old clients know. */
export function alterConfigs(services: Services): ServedApi<'AlterConfigs'> {
  return serve('AlterConfigs', async ({ resources, validateOnly }) => {
    const alterations = resources.map(({ resourceType, resourceName, configs }) => ({
      resourceType,
      resourceName,
      operations: configs.map(({ name, value }): ConfigOperation => ({ name, operation: 'set', value })),
    }));
    const responses = await alterResources(services, alterations, validateOnly, replaceConfigs);
    return { throttleTimeMs: 0, responses };
  });
}
