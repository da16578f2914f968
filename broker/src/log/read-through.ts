import { CorruptSlotError } from './errors.ts';
import type { LogContext } from './context.ts';
import { repairRange } from './repair.ts';
import type { RepairOptions } from './repair.ts';
import { slotKey } from './stream-names.ts';
import type { StreamId } from './stream-names.ts';
import { StreamWalker } from './walk.ts';
import type { WalkOptions } from './walk.ts';

export interface ReadThroughOptions extends WalkOptions, RepairOptions {
  readonly through: number;
}

/**
 * Reads a stream that nobody writes to any more up to a slot that is known to be part of it, without sealing it. Rejects with
 * DamagedStreamError if a slot is missing and no other store has it, CorruptSlotError if the stream ends before that slot.
 */
export async function readThrough(context: LogContext, stream: StreamId, options: ReadThroughOptions): Promise<void> {
  const walker = new StreamWalker(context, stream, options);
  for (;;) {
    const end = await walker.walk();
    switch (end.kind) {
      case 'open':
        return;
      case 'sealed':
        throw new CorruptSlotError(
          slotKey(stream, end.at),
          'misplaced',
          `the stream ends here, but its slot ${options.through} is part of the history`,
        );
      case 'damaged':
        await repairRange(context, stream, end.missing, walker.expectedHash, options);
        break;
      case 'unclaimed':
        await repairRange(context, stream, { from: 0, to: 0 }, undefined, options);
        break;
    }
  }
}
