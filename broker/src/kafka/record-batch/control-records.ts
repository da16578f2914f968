import { KafkaCodecError } from '../codec/codec-error.ts';
import { buildBatch } from './build-batch.ts';

/**
 * Control records, which the broker writes among a topic's records.
 *
 *     key   = version(int16) type(int16)
 *     value = version(int16) coordinatorEpoch(int32)      of the markers that end a transaction
 */

const types = [
  'abort',
  'commit',
  'leaderChange',
  'snapshotHeader',
  'snapshotFooter',
  'kraftVersion',
  'kraftVoters',
] as const;

export type ControlRecordType = (typeof types)[number] | 'unknown';

/** The type of a control record, from its key; `unknown` for one of a later Kafka. Throws KafkaCodecError. */
export function controlRecordType(key: Buffer | null): ControlRecordType {
  if (key === null || key.length < 4) {
    throw new KafkaCodecError('KAFKA_CORRUPT_BATCH', `A control record has a key of ${key?.length ?? 0} bytes.`);
  }
  return types[key.readInt16BE(2)] ?? 'unknown';
}

/** The epoch of the transaction coordinator that wrote an end marker, from its value. Throws KafkaCodecError. */
export function markerCoordinatorEpoch(value: Buffer | null): number {
  if (value === null || value.length < 6) {
    throw new KafkaCodecError(
      'KAFKA_CORRUPT_BATCH',
      `A transaction marker has a value of ${value?.length ?? 0} bytes.`,
    );
  }
  return value.readInt32BE(2);
}

export interface EndTxnMarkerToBuild {
  readonly outcome: 'commit' | 'abort';
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
}

/** The batch that ends a producer's transaction in one partition. */
export function buildEndTxnMarker(marker: EndTxnMarkerToBuild): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt16BE(types.indexOf(marker.outcome), 2);
  const value = Buffer.alloc(6);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  return buildBatch({
    records: [{ key, value, timestampMs: marker.timestampMs }],
    baseOffset: marker.baseOffset ?? 0,
    partitionLeaderEpoch: marker.partitionLeaderEpoch ?? -1,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
  });
}
