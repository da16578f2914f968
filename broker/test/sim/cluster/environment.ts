import type { Clock, Disk, Logger, Random, Transport } from '../../../src/edge/index.ts';
import type { PromotionRequest } from '../../../src/recovery/index.ts';
import type { ObjectStore } from '../../../src/store/index.ts';

/** Everything that a broker of the simulation gets from outside. */
export interface SimEnvironment {
  readonly brokerId: number;
  /** Name under which others reach it, and its port. */
  readonly host: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly transport: Transport;
  /** The store that the cluster runs on, and the others of the configuration. */
  readonly store: ObjectStore;
  readonly replicas: readonly ObjectStore[];
  /** Whether plan or setting say that the cluster runs on `store`. */
  readonly isStoreNamed: boolean;
  /** Told by the boot plan: if the store is a replica, promote it. */
  readonly promotion: PromotionRequest | undefined;
  readonly logger: Logger;
  readonly options: BrokerVariation;
  /** What `process.exit` is to a real broker. */
  readonly exit: (why: string) => void;
}

/** Settings that differ from run to run. */
export interface BrokerVariation {
  readonly lingerMs: number;
  readonly targetBytes: number;
  readonly tailBytes: number;
  readonly localWalFileBytes: number;
  readonly metadataHeartbeatMs: number;
  /** 0 = metadata changes are in the bucket before they are answered. */
  readonly metadataUploadIntervalMs: number;
  /** Which installation the process belongs to, as `CHRONIK_INSTALLATION` says it. */
  readonly installation: string;
  /** Name of the bucket: part of a store's address (rule 02). */
  readonly bucket: string;
}

/** A broker that listens. */
export interface SimBroker {
  /** SIGTERM: resolves when everything is in the bucket and the process may go. */
  stop(): Promise<void>;
  /** Offsets that the first boot of a forked timeline brought back. */
  readonly clampedOffsets: readonly string[];
}

/** Boots a broker; resolves when it listens, rejects with what the boot refused. */
export type StartBroker = (environment: SimEnvironment) => Promise<SimBroker>;
