// Configuration of brokers, topics and client metrics; client quotas; features.

import { api, array } from '../notation.ts';

const DescribeConfigs = api(
  { key: 32, name: 'DescribeConfigs', versions: '1-4', flexible: '4+' },
  {
    resources: array('DescribeConfigsResource', {
      resourceType: 'int8',
      resourceName: 'string',
      configurationKeys: '[]string ?',
    }),
    includeSynonyms: 'bool 1+ =false',
    includeDocumentation: 'bool 3+ =false',
  },
  {
    throttleTimeMs: 'int32',
    results: array('DescribeConfigsResult', {
      errorCode: 'int16',
      errorMessage: 'string ?',
      resourceType: 'int8',
      resourceName: 'string',
      configs: array('DescribeConfigsResourceResult', {
        name: 'string',
        value: 'string ?',
        readOnly: 'bool',
        configSource: 'int8 1+ =-1',
        isSensitive: 'bool',
        synonyms: array('DescribeConfigsSynonym 1+', {
          name: 'string 1+',
          value: 'string 1+ ?0+',
          source: 'int8 1+',
        }),
        configType: 'int8 3+ =0',
        documentation: 'string 3+ ?0+',
      }),
    }),
  },
);

const AlterConfigs = api(
  { key: 33, name: 'AlterConfigs', versions: '0-2', flexible: '2+' },
  {
    resources: array('AlterConfigsResource', {
      resourceType: 'int8',
      resourceName: 'string',
      configs: array('AlterableConfig', {
        name: 'string',
        value: 'string ?',
      }),
    }),
    validateOnly: 'bool',
  },
  {
    throttleTimeMs: 'int32',
    responses: array('AlterConfigsResourceResponse', {
      errorCode: 'int16',
      errorMessage: 'string ?',
      resourceType: 'int8',
      resourceName: 'string',
    }),
  },
);

const IncrementalAlterConfigs = api(
  { key: 44, name: 'IncrementalAlterConfigs', versions: '0-1', flexible: '1+' },
  {
    resources: array('AlterConfigsResource', {
      resourceType: 'int8',
      resourceName: 'string',
      configs: array('AlterableConfig', {
        name: 'string',
        configOperation: 'int8',
        value: 'string ?',
      }),
    }),
    validateOnly: 'bool',
  },
  {
    throttleTimeMs: 'int32',
    responses: array('AlterConfigsResourceResponse', {
      errorCode: 'int16',
      errorMessage: 'string ?',
      resourceType: 'int8',
      resourceName: 'string',
    }),
  },
);

const DescribeClientQuotas = api(
  { key: 48, name: 'DescribeClientQuotas', versions: '0-1', flexible: '1+' },
  {
    components: array('ComponentData', {
      entityType: 'string',
      matchType: 'int8',
      match: 'string ?',
    }),
    strict: 'bool',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
    entries: array('EntryData ?', {
      entity: array('EntityData', {
        entityType: 'string',
        entityName: 'string ?',
      }),
      values: array('ValueData', {
        key: 'string',
        value: 'float64',
      }),
    }),
  },
);

const AlterClientQuotas = api(
  { key: 49, name: 'AlterClientQuotas', versions: '0-1', flexible: '1+' },
  {
    entries: array('EntryData', {
      entity: array('EntityData', {
        entityType: 'string',
        entityName: 'string ?',
      }),
      ops: array('OpData', {
        key: 'string',
        value: 'float64',
        remove: 'bool',
      }),
    }),
    validateOnly: 'bool',
  },
  {
    throttleTimeMs: 'int32',
    entries: array('EntryData', {
      errorCode: 'int16',
      errorMessage: 'string ?',
      entity: array('EntityData', {
        entityType: 'string',
        entityName: 'string ?',
      }),
    }),
  },
);

const UpdateFeatures = api(
  { key: 57, name: 'UpdateFeatures', versions: '0-2', flexible: '0+' },
  {
    timeoutMs: 'int32 =60000',
    featureUpdates: array('FeatureUpdateKey', {
      feature: 'string',
      maxVersionLevel: 'int16',
      allowDowngrade: 'bool 0',
      upgradeType: 'int8 1+ =1',
    }),
    validateOnly: 'bool 1+ =false',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    errorMessage: 'string ?',
    results: array('UpdatableFeatureResult 0-1', {
      feature: 'string',
      errorCode: 'int16',
      errorMessage: 'string ?',
    }),
  },
);

const ListConfigResources = api(
  { key: 74, name: 'ListConfigResources', versions: '0-1', flexible: '0+' },
  {
    resourceTypes: '[]int8 1+',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    configResources: array('ConfigResource', {
      resourceName: 'string',
      resourceType: 'int8 1+ =16',
    }),
  },
);

export const configsApis = {
  DescribeConfigs,
  AlterConfigs,
  IncrementalAlterConfigs,
  DescribeClientQuotas,
  AlterClientQuotas,
  UpdateFeatures,
  ListConfigResources,
};
