import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeys } from '../../../broker/src/kafka/index.ts';
import { Client, parseAddress } from '../load/client.ts';
import type { RunningPeer } from './peer.ts';

const LOOK_AGAIN_MS = 10;

/** Resolves when the broker answers a Metadata request; rejects after `timeoutSeconds`. */
export async function untilServing({ bootstrap, name }: RunningPeer, timeoutSeconds = 120): Promise<void> {
  const deadlineMs = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    try {
      const client = await Client.connect(parseAddress(bootstrap));
      try {
        await client.request(ApiKeys.Metadata, 9, { topics: [], allowAutoTopicCreation: false });
        return;
      } finally {
        client.close();
      }
    } catch (cause) {
      if (performance.now() > deadlineMs) throw new Error(`${name} does not serve clients at ${bootstrap}`, { cause });
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
