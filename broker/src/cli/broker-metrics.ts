import type { Broker } from '../broker/index.ts';
import type { Metrics } from '../http/index.ts';
import type { BootedBroker } from '../recovery/index.ts';

/** Publishes what a serving broker counts. The names of the first group are public and kept. */
export function publishBrokerMetrics(metrics: Metrics, booted: BootedBroker, broker: Broker): void {
  publishMetadata(metrics, booted);
  const { net, broker: counted } = broker.counters;
  const counters: readonly (readonly [string, string, () => number])[] = [
    ['chronik_requests_total', 'Requests received.', () => net.requests],
    ['chronik_received_bytes_total', 'Bytes received from clients.', () => net.receivedBytes],
    ['chronik_sent_bytes_total', 'Bytes sent to clients.', () => net.sentBytes],
    ['chronik_connections_opened_total', 'Connections accepted.', () => net.connectionsOpened],
    [
      'chronik_connections_refused_total',
      'Connections refused because too many were open.',
      () => net.connectionsRefused,
    ],
    [
      'chronik_connections_broken_total',
      'Connections ended because of malformed requests.',
      () => net.connectionsBroken,
    ],
    [
      'chronik_producers_held_back_total',
      'Times a producer was stopped for lack of room.',
      () => net.producersHeldBack,
    ],
    ['chronik_produced_batches_total', 'Record batches appended.', () => counted.producedBatches],
    ['chronik_produced_bytes_total', 'Bytes of record batches appended.', () => counted.producedBytes],
    [
      'chronik_duplicate_batches_total',
      'Batches of idempotent producers that came before.',
      () => counted.duplicateBatches,
    ],
    ['chronik_refused_batches_total', 'Batches refused.', () => counted.refusedBatches],
    [
      'chronik_produce_timeouts_total',
      'Batches not in the bucket within the time of their request.',
      () => counted.produceTimeouts,
    ],
    ['chronik_fetches_total', 'Fetch requests answered.', () => counted.fetches],
    ['chronik_fetched_bytes_total', 'Bytes of record batches sent to consumers.', () => counted.fetchedBytes],
    ['chronik_cold_fetches_total', 'Reads that went to the bucket.', () => counted.coldFetches],
    ['chronik_damaged_reads_total', 'Reads of batches that are lost or damaged.', () => counted.damagedReads],
  ];
  for (const [name, help, read] of counters) metrics.counter({ name, help, read });
  const { stream, hlc, metadata } = booted;
  const gauges: readonly (readonly [string, string, () => number])[] = [
    ['chronik_connections', 'Open client connections.', () => broker.connections],
    ['chronik_uncommitted_bytes', 'Bytes accepted and not yet in the bucket.', () => stream.pendingBytes],
    ['chronik_clock_drift_seconds', 'How far hybrid time runs ahead of the wall clock.', () => hlc.driftMs / 1000],
    ['chronik_topics', 'Topics.', () => metadata.image.topicCount],
    ['chronik_partitions', 'Partitions.', () => metadata.image.partitionCount],
    [
      'chronik_restore_seconds',
      'How long the last start took to restore everything.',
      () => booted.report.totalMs / 1000,
    ],
    [
      'chronik_restore_anomalies',
      'Things that were not in order at the last start.',
      () => booted.report.anomalies.length,
    ],
  ];
  for (const [name, help, read] of gauges) metrics.gauge({ name, help, read });
}

function publishMetadata(metrics: Metrics, { metadata }: BootedBroker): void {
  const { stats } = metadata;
  metrics.counter({
    name: 'metadata_uploader_segments_uploaded',
    help: 'Slots of the metadata log that are in the bucket.',
    read: () => stats.segmentsUploaded,
  });
  metrics.counter({
    name: 'metadata_uploader_snapshots_uploaded',
    help: 'Snapshots of the metadata that are in the bucket.',
    read: () => stats.snapshotsUploaded,
  });
  metrics.counter({
    name: 'metadata_uploader_bytes_uploaded',
    help: 'Bytes of metadata in slots and snapshots.',
    read: () => stats.bytesUploaded,
  });
  metrics.counter({ name: 'metadata_uploader_errors', help: 'Failed uploads of metadata.', read: () => stats.errors });
}
