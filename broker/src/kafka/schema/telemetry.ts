// Client telemetry (KIP-714).

import { api } from '../notation.ts';

const GetTelemetrySubscriptions = api(
  { key: 71, name: 'GetTelemetrySubscriptions', versions: '0', flexible: '0+' },
  {
    clientInstanceId: 'uuid',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
    clientInstanceId: 'uuid',
    subscriptionId: 'int32',
    acceptedCompressionTypes: '[]int8',
    pushIntervalMs: 'int32',
    telemetryMaxBytes: 'int32',
    deltaTemporality: 'bool',
    requestedMetrics: '[]string',
  },
);

const PushTelemetry = api(
  { key: 72, name: 'PushTelemetry', versions: '0', flexible: '0+' },
  {
    clientInstanceId: 'uuid',
    subscriptionId: 'int32',
    terminating: 'bool',
    compressionType: 'int8',
    metrics: 'bytes',
  },
  {
    throttleTimeMs: 'int32',
    errorCode: 'int16',
  },
);

export const telemetryApis = { GetTelemetrySubscriptions, PushTelemetry };
