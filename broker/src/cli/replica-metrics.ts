import type { Clock } from '../edge/index.ts';
import type { Metrics } from '../http/index.ts';
import type { ReplicaReport } from '../replication/index.ts';

type Reports = () => Iterable<readonly [string, ReplicaReport]>;
type Reading = readonly [name: string, help: string, read: (report: ReplicaReport) => number | undefined];

/** Publishes what is known of each replica store, by its name; what is not known is left out. */
export function publishReplicas(metrics: Metrics, clock: Clock, reports: Reports): void {
  const gauges: readonly Reading[] = [
    [
      'lag_seconds',
      'Everything that was in the bucket so long ago is in the replica.',
      ({ lag }) => lag && Math.max(0, clock.nowMs() - lag.sinceMs) / 1000,
    ],
    ['lag_objects', 'Objects known to be in the bucket and not yet in the replica.', ({ lag }) => lag?.objects],
    ['lag_bytes', 'Bytes seen in the bucket and not yet in the replica.', ({ lag }) => lag?.bytes],
    ['in_sync', '1: the replica is as near as it can be.', ({ state }) => (state === 'in sync' ? 1 : 0)],
    ['holes', 'Gaps below slots that have come, in a copy that the provider makes.', ({ holes }) => holes?.length],
    ['problems', 'What stands in the way and does not go by waiting.', ({ problems }) => problems.length],
  ];
  const counters: readonly Reading[] = [
    ['copied_objects_total', 'Objects copied.', ({ copiedObjects }) => copiedObjects],
    ['copied_bytes_total', 'Bytes copied.', ({ copiedBytes }) => copiedBytes],
  ];
  const publish = ([name, help, read]: Reading) => ({
    name: `chronik_replication_${name}`,
    help,
    label: 'store',
    read: () => readAll(reports, read),
  });
  for (const reading of gauges) metrics.gauges(publish(reading));
  for (const reading of counters) metrics.counters(publish(reading));
}

function* readAll(reports: Reports, read: Reading[2]): Generator<readonly [string, number]> {
  for (const [name, report] of reports()) {
    const value = read(report);
    if (value !== undefined) yield [name, value];
  }
}
