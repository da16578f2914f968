import { KafkaErrors, type ResponseInput } from '../kafka/index.ts';
import type {
  AlterConfigsResult,
  ConfigAlteration,
  ConfigOperation,
  ConfigScope,
  MetadataImage,
  MetadataUpdate,
} from '../meta/index.ts';
import type { Services } from './services.ts';
import { updateMetadata } from './update-metadata.ts';

/** Kafka's numbers of what has configurations; the others (loggers, client metrics, groups) are not served. */
export const TOPIC_RESOURCE = 2;
export const BROKER_RESOURCE = 4;

export interface ResourceAlteration {
  readonly resourceType: number;
  readonly resourceName: string;
  /** Undefined: an operation that does not exist. */
  readonly operations: readonly (ConfigOperation | undefined)[];
}

type AlterPlan = (
  image: MetadataImage,
  alterations: readonly ConfigAlteration[],
  scope: Omit<ConfigScope, 'image'>,
) => MetadataUpdate<readonly AlterConfigsResult[]>;

type AlterResponse = ResponseInput<'AlterConfigs'>['responses'][number];

/** Alters what can be altered; one answer for each resource, in the order of the request. */
export async function alterResources(
  services: Services,
  resources: readonly ResourceAlteration[],
  validateOnly: boolean,
  plan: AlterPlan,
): Promise<readonly AlterResponse[]> {
  const alterations = resources.map(alterationOf);
  const possible = alterations.filter((alteration) => typeof alteration !== 'string');
  const { broker, staticConfigs } = services.configScope();
  const options = { timeoutMs: services.limits.storeWaitMs, validateOnly };
  const outcome = await updateMetadata(services, options, (image) => plan(image, possible, { broker, staticConfigs }));
  return resources.map(({ resourceType, resourceName }, i): AlterResponse => {
    const answer = (errorCode: number, errorMessage: string | null): AlterResponse => ({
      errorCode,
      errorMessage,
      resourceType,
      resourceName,
    });
    const alteration = alterations[i];
    if (alteration === undefined || typeof alteration === 'string') {
      return answer(KafkaErrors.INVALID_REQUEST, alteration ?? null);
    }
    if (outcome.kind === 'failed') return answer(KafkaErrors[outcome.error], outcome.message);
    const result = outcome.result[possible.indexOf(alteration)];
    if (result?.outcome !== 'refused') return answer(KafkaErrors.NONE, null);
    return answer(KafkaErrors[result.error], result.message);
  });
}

/** The alteration, or why there can be none. */
function alterationOf({ resourceType, resourceName, operations }: ResourceAlteration): ConfigAlteration | string {
  if (resourceType !== TOPIC_RESOURCE && resourceType !== BROKER_RESOURCE) {
    return `Unsupported resource type: ${resourceType}`;
  }
  const known = operations.filter((operation) => operation !== undefined);
  if (known.length !== operations.length) return 'Unknown operation on a configuration.';
  return {
    resource: { type: resourceType === TOPIC_RESOURCE ? 'topic' : 'broker', name: resourceName },
    operations: known,
  };
}
