export type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  LargeUpload,
  LargeUploads,
  ListedObject,
  ObjectStore,
  StoreAddress,
  UploadShape,
} from './object-store.ts';
export { StoreError } from './store-error.ts';
export type { StoreErrorKind } from './store-error.ts';
export { compareKeys } from './object-key.ts';
export { MemoryStore } from './memory-store.ts';
export { PatientStore } from './patient-store.ts';
export type { CreateOutcome, CreateRequest, PatientStoreOptions, QueueState } from './patient-store.ts';
export type { RetryLimits } from './retry.ts';
export { StoreHealth } from './store-health.ts';
export type { StoreState } from './store-health.ts';
export type { RequestOutcome, StoreObserver, StoreOperation, StoreRequest } from './store-observer.ts';
export { LocalStore } from './local-store.ts';
export type { LocalStoreOptions } from './local-store.ts';
export { PROBE_PREFIX, probeStore } from './probe.ts';
export { provesUploads } from './probe-uploads.ts';
export { openStore } from './store-config.ts';
export type { LocalStoreConfig, StoreConfig, StoreEdges } from './store-config.ts';
export type { S3Credentials, S3Encryption, S3StoreConfig } from './s3/s3-config.ts';
export type { GcsCredentials, GcsEncryption, GcsStoreConfig } from './gcs/gcs-config.ts';
export type { AzureCredentials, AzureEncryption, AzureStoreConfig } from './azure/azure-config.ts';
export type { BucketInspection, LifecycleRule, Told } from './bucket-inspection.ts';
export { checkStore } from './check/check-store.ts';
export type { StoreCheck, StoreCheckOptions, StoreProblem } from './check/check-store.ts';
export { WHAT_MAY_BE_TIERED, refuseHarmfulLifecycle } from './check/lifecycle.ts';
export { pricesOf, requestPrice } from './check/prices.ts';
export type { StorePrices } from './check/prices.ts';
export { copyObjects } from './copy.ts';
export type { CopyOptions, CopyOutcome, CopyReport } from './copy.ts';
export { createCopy, readParts } from './copy-object.ts';
