import { type KafkaErrorName, KafkaErrors, type RequestOf, type ResponseInput } from '../../kafka/index.ts';
import {
  type EffectiveConfig,
  describeBrokerConfigs,
  describeDefaultBrokerConfigs,
  describeTopicConfigs,
  invalidTopicName,
} from '../../meta/index.ts';
import { type Answer, type ServedApi, serve } from '../../net/index.ts';
import { describedConfig } from '../config-entries.ts';
import { BROKER_RESOURCE, TOPIC_RESOURCE } from '../config-resources.ts';
import type { Services } from '../services.ts';

type DescribeRequest = RequestOf<'DescribeConfigs'>;
type Resource = DescribeRequest['resources'][number];
type ResourceResponse = ResponseInput<'DescribeConfigs'>['results'][number];

/** Every configuration with its value and where that comes from. */
export function describeConfigs(services: Services): ServedApi<'DescribeConfigs'> {
  return serve('DescribeConfigs', (request): Answer<'DescribeConfigs'> => ({
    throttleTimeMs: 0,
    results: request.resources.map((resource) => describe(services, request, resource)),
  }));
}

function describe(services: Services, request: DescribeRequest, resource: Resource): ResourceResponse {
  const { resourceType, resourceName, configurationKeys } = resource;
  const found = configsOf(services, resource);
  if ('error' in found) {
    const { error, message } = found;
    return { resourceType, resourceName, errorCode: KafkaErrors[error], errorMessage: message, configs: [] };
  }
  const options = { synonyms: request.includeSynonyms, documentation: request.includeDocumentation };
  const wanted = found.filter(({ name }) => configurationKeys === null || configurationKeys.includes(name));
  return {
    resourceType,
    resourceName,
    errorCode: KafkaErrors.NONE,
    errorMessage: null,
    configs: wanted.map((config) => describedConfig(config, options)),
  };
}

type Refusal = { readonly error: KafkaErrorName; readonly message: string };

function configsOf(services: Services, { resourceType, resourceName }: Resource): readonly EffectiveConfig[] | Refusal {
  const scope = services.configScope();
  if (resourceType === BROKER_RESOURCE) {
    if (resourceName === '') return describeDefaultBrokerConfigs(scope.image);
    if (resourceName === String(services.brokerId)) return describeBrokerConfigs(scope);
    const message = `Unexpected broker id, expected ${services.brokerId} or empty string, but received ${resourceName}`;
    return { error: 'INVALID_REQUEST', message };
  }
  if (resourceType !== TOPIC_RESOURCE) {
    return { error: 'INVALID_REQUEST', message: `Unsupported resource type: ${resourceType}` };
  }
  const wrong = invalidTopicName(resourceName);
  if (wrong !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: `Topic name is invalid: ${wrong}` };
  const topic = scope.image.topic(resourceName);
  if (topic !== undefined) return describeTopicConfigs(scope, topic);
  return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `The topic '${resourceName}' does not exist.` };
}
