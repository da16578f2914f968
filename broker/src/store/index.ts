export type {
  ByteRange,
  CallOptions,
  CreateResult,
  ListPage,
  ListedObject,
  ObjectStore,
  StoreAddress,
} from './object-store.ts';
export { StoreError } from './store-error.ts';
export type { StoreErrorKind } from './store-error.ts';
export { checkKey, compareKeys } from './object-key.ts';
export { MemoryStore } from './memory-store.ts';
