import { sleep } from '../edge/index.ts';
import { CorruptSlotError, newestEpoch, parseSlotKey, readSlot, slotKey, streamPrefix } from '../log/index.ts';
import type { LogContext, ReadSlot, StreamId } from '../log/index.ts';
import { listSnapshots } from '../meta/index.ts';
import { HoldError } from './boot-error.ts';

/** After so many missed heartbeats on our own monotonic clock, whoever wrote the claim is taken for gone. */
const HEARTBEATS_TO_WATCH = 3;

/**
 * Holds if another installation is running on the bucket at this moment: its newest metadata claim is not ours, the stream is not
 * sealed, and a new slot appears while we watch. Protects against two installations that were pointed to one prefix by
 * mistake; it decides how soon something happens, never whether it is right (P7).
 */
export async function watchOtherInstallation(
  context: LogContext,
  timeline: string,
  installation: string,
  onWatch: (watchedMs: number) => void,
): Promise<void> {
  const line = { log: 'metadata', timeline, broker: context.broker } as const;
  const [snapshot] = await listSnapshots(context, timeline);
  const epoch = await newestEpoch(context, line, snapshot?.position.epoch ?? 0);
  if (epoch === 0) return;
  const stream: StreamId = { ...line, epoch };
  const claim = await readIfIntact(context, stream, 0);
  if (claim?.header.part.kind !== 'claim') return;
  const { installation: theirs, heartbeatMs, address } = claim.header.part;
  if (theirs === installation || heartbeatMs === 0) return;
  const last = await lastSlot(context, stream);
  if ((await readIfIntact(context, stream, last))?.kind === 'seal') return;
  onWatch(HEARTBEATS_TO_WATCH * heartbeatMs);
  for (let beat = 0; beat < HEARTBEATS_TO_WATCH; beat++) {
    await sleep(context.clock, heartbeatMs);
    const page = await context.store.list(streamPrefix(stream), slotKey(stream, last), 1);
    if (page.objects.length === 0) continue;
    throw new HoldError(
      'OTHER_INSTALLATION_ALIVE',
      `installation "${theirs}" at ${address} is running on this bucket`,
      {
        remedy:
          'Stop it, or choose another bucket or prefix. If it is this very broker under a new name, set CHRONIK_INSTALLATION to the old one.',
        details: { installation: theirs, address },
      },
    );
  }
}

/** Damage is for those to judge who read the whole stream; a claim that cannot be read names nobody. */
async function readIfIntact(context: LogContext, stream: StreamId, slot: number): Promise<ReadSlot | undefined> {
  try {
    return await readSlot(context, stream, slot, 'tails');
  } catch (error) {
    if (error instanceof CorruptSlotError) return undefined;
    throw error;
  }
}

/** The highest slot that the bucket shows; a seal planted ahead counts too, for it ends the stream all the same. */
async function lastSlot(context: LogContext, stream: StreamId): Promise<number> {
  let last = 0;
  for await (const { key } of context.store.listAll(streamPrefix(stream))) {
    last = Math.max(last, parseSlotKey(key)?.slot ?? 0);
  }
  return last;
}
