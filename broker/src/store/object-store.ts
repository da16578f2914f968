import type { BucketInspection } from './bucket-inspection.ts';
import type { ObjectChecksum } from './object-checksum.ts';

/** What a store can answer to a create. Anything else is a StoreError. */
export type CreateResult =
  /** The object is there with our body, durably. */
  | 'created'
  /** The name is taken. By whom is for the caller to find out: it may be our own earlier attempt. */
  | 'exists';

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface ListPage {
  /** In UTF-8 byte order of the keys. */
  readonly objects: readonly ListedObject[];
  /** True if keys after the last one of this page may exist. */
  readonly more: boolean;
}

/** A part of an object: `length` bytes from `start`; beyond the end it is cut short. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

export interface CallOptions {
  /** Ends the attempt; the answer is then unknown. */
  readonly signal?: AbortSignal;
}

/**
 * An object store with its prefix (10-storage §2). One call is one attempt: no adapter retries by itself on a create
 * (rule 22). Failures reject with a StoreError whose `kind` is one of StoreErrorKind; absence is a value, not an error,
 * and is only ever answered when the store said so (P9).
 */
export interface ObjectStore {
  /** For logs and errors, e.g. `local:./bucket`, `s3://bucket/prefix`. Holds no secret. */
  readonly description: string;
  /** What identifies this store in timelines/{tl}.json (rule 02). */
  readonly address: StoreAddress;
  /** Creates the object if the name is free. The body's parts are written in order and must not change meanwhile. */
  create(key: string, body: readonly Uint8Array[], options?: CallOptions): Promise<CreateResult>;
  /** The object or the range of it; undefined if absent. A range wholly beyond the end is an empty buffer. */
  get(key: string, range?: ByteRange, options?: CallOptions): Promise<Buffer | undefined>;
  /** Size, or undefined if absent. */
  head(key: string, options?: CallOptions): Promise<{ readonly sizeBytes: number } | undefined>;
  /**
   * What the store keeps of the whole object, to compare ranges of it with; undefined if it keeps none, or is absent. Left out where
   * there is no such thing: a directory.
   */
  checksum?(key: string, options?: CallOptions): Promise<ObjectChecksum | undefined>;
  /** Keys that one listing best asks for; 1,000 if left out, as much as every provider gives. */
  readonly pageKeys?: number;
  /** At most `limit` keys that start with `prefix` and are greater than `after`, in UTF-8 byte order. */
  list(prefix: string, after: string | undefined, limit: number, options?: CallOptions): Promise<ListPage>;
  /** Deletes the keys; absent ones count as deleted. */
  delete(keys: readonly string[], options?: CallOptions): Promise<void>;
  /** Objects in parts, for bodies that one request should not carry. Left out where `create` takes any size: a directory. */
  readonly uploads?: LargeUploads;
  /** What is set for the bucket as a whole. Left out where there is no such thing: a directory. */
  inspectBucket?(options?: CallOptions): Promise<BucketInspection>;
  close(): Promise<void>;
}

/** Sizes of an object that is sent in parts. */
export interface UploadShape {
  readonly sizeBytes: number;
  /** Size of each part but the last: a multiple of 1 MiB, 5 MiB or more, at most 10,000 parts (S3's and Google's rules). */
  readonly partBytes: number;
}

/** Objects in parts. The name is taken, if it is free, only when all parts are there; until then nothing is to be seen. */
export interface LargeUploads {
  begin(key: string, shape: UploadShape, options?: CallOptions): Promise<LargeUpload>;
  /**
   * Throws away what uploads under `prefix` that began before `beforeMs` (of the epoch) have left in the store; answers how many
   * they were. 0 where the provider does so by itself.
   */
  abortOld(prefix: string, beforeMs: number, options?: CallOptions): Promise<number>;
}

/** One upload. `gone`: the store knows nothing of it any more, or can no longer complete it; it has to begin anew. */
export interface LargeUpload {
  /** Sends a part: one after the other, in order, each as often as it takes. */
  send(index: number, part: Buffer, options?: CallOptions): Promise<'sent' | 'gone'>;
  complete(options?: CallOptions): Promise<CreateResult | 'gone'>;
  /** Best effort: throws away what was sent. */
  abort(options?: CallOptions): Promise<void>;
}

export interface StoreAddress {
  readonly provider: 'local' | 'memory' | 's3' | 'gcs' | 'azure';
  /** Endpoint host, or Azure's account; empty for local. */
  readonly endpoint: string;
  /** Bucket or container; for local the random id of the directory's `.chronik-store` file. */
  readonly bucket: string;
  readonly prefix: string;
}
