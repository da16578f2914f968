import type { OverloadResult } from '../load/overload.ts';
import { peakRssBytes, rssBytes } from '../measure/process-usage.ts';
import { chronikPeer } from '../peers/chronik-peer.ts';
import type { Bench, Tool } from './bench.ts';
import { pairedRounds, withPeers } from './bench.ts';
import { runLoad } from './run-command.ts';

const SUITE = 'memory under overload';
const MIB = 1024 * 1024;
/** What the broker may hold of batches on their way to the bucket, requests and unsent answers; and of the newest batches. */
const LIMIT_BYTES = 64 * MIB;
const TAIL_BYTES = 64 * MIB;
const TIMES = 10;
const PARTITIONS = 16;
const SLOW_READERS = 20;

/** Ten times more under way than the broker may hold, and readers that hardly read: how much memory it takes. */
export async function overloadSuite(bench: Bench): Promise<void> {
  const limited = chronikPeer({
    environment: () => ({
      CHRONIK_MAX_UNCOMMITTED_BYTES: String(LIMIT_BYTES),
      CHRONIK_TAIL_BYTES: String(TAIL_BYTES),
    }),
  });
  const name = `limits ${LIMIT_BYTES / MIB} + ${TAIL_BYTES / MIB} MiB, ${TIMES} × offered, ${SLOW_READERS} slow readers`;
  await withPeers(bench, [limited], (contenders) =>
    pairedRounds(bench, { suite: SUITE, case: name }, contenders, [flood(bench)]),
  );
}

function flood({ effort }: Bench): Tool {
  return {
    name: 'own generator, batches of 1 MB',
    measure: async ({ bootstrap, pid }) => {
      const beforeBytes = rssBytes(pid);
      const seconds = effort.seconds + effort.warmupSeconds;
      const { command, result } = await runLoad<OverloadResult>('overload', {
        bootstrap,
        partitions: PARTITIONS,
        'offered-bytes': TIMES * LIMIT_BYTES,
        'slow-readers': SLOW_READERS,
        seconds,
      });
      const peakBytes = peakRssBytes(pid);
      return {
        command,
        figures: {
          'acknowledged MB/s': result.acknowledgedBytes / 1e6 / seconds,
          'read MB/s': result.readBytes / 1e6 / seconds,
          ...(beforeBytes === undefined ? {} : { 'RSS before MiB': beforeBytes / MIB }),
          ...(peakBytes === undefined ? {} : { 'peak RSS MiB': peakBytes / MIB }),
        },
      };
    },
  };
}
