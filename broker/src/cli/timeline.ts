import type { Environment } from '../config/index.ts';
import { silentLogger, systemClock, systemRandom } from '../edge/index.ts';
import { abandonTimeline } from '../recovery/index.ts';
import { openCopyStores } from './copy-stores.ts';
import { openForWriting } from './open-bucket.ts';

/** `chronik timeline abandon`: rejects with the refusal. */
export async function runAbandon(environment: Environment, timeline: string, storeName: string): Promise<void> {
  const stores = await openCopyStores(environment, storeName);
  try {
    const store = await openForWriting(environment, storeName);
    try {
      const context = { clock: systemClock, random: systemRandom, logger: silentLogger, broker: 0 };
      await abandonTimeline({ store, others: stores.others, ...context }, timeline);
      process.stdout.write(`timeline ${timeline} has ended; the other one counts\n`);
    } finally {
      await store.close();
    }
  } finally {
    await stores.close();
  }
}
