import { RefusalError } from '../boot-error.ts';
import { sameStore } from '../store-address.ts';
import { openCopy } from './copy-of.ts';
import type { CopyOptions } from './copy-of.ts';
import { CutReader } from './cut-reader.ts';

/** A primary whose metadata log was written to within so long is taken for alive: three heartbeats of one broker. */
const ALIVE_MS = 30_000;

/**
 * Refuses while somebody seems to be running on the primary (rule 14): what he acknowledges from now on would be lost. Says nothing
 * about a primary that cannot be read. Rejects with RefusalError PRIMARY_ALIVE.
 */
export async function refuseLivePrimary(options: CopyOptions): Promise<void> {
  const { context, tree, timeline, untold } = await openCopy(options);
  const primary = options.others.find(({ address }) => sameStore(address, timeline.store));
  if (primary === undefined || untold.includes(primary.description)) return;
  const { logs } = await new CutReader({ ...context, store: primary }, tree.ancestry(timeline.timeline)).read();
  const [log] = logs;
  // An epoch that is sealed has nobody.
  if (log?.hlc === undefined || log.hole?.from === 0) return;
  const silentMs = options.clock.nowMs() - log.hlc.ms;
  if (silentMs > ALIVE_MS) return;
  throw new RefusalError(
    'PRIMARY_ALIVE',
    `somebody wrote to the primary ${primary.description} ${Math.max(0, Math.round(silentMs / 1000))} s ago`,
    {
      remedy:
        'Stop its broker first: what it acknowledges meanwhile would be lost. For a change without loss use "chronik switchover". If it is gone for certain, wait half a minute or use --force.',
    },
  );
}
