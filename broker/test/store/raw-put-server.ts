// Puts small objects through the provider's SDK, one for each line that arrives, and answers how long it took: what the
// acknowledgements of a broker are compared with. Started by `make bench-stores`, in a process of its own as the broker is.
import { createInterface } from 'node:readline';
import { readBrokerConfig } from '../../src/config/index.ts';
import { systemClock, systemRandom } from '../../src/edge/index.ts';
import { rawClient } from './raw-client.ts';

const { primary } = readBrokerConfig(process.env);
const client = rawClient(primary);
let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const body = systemRandom.bytes(Number(line));
  count += 1;
  const startMs = systemClock.monotonicMs();
  await client.put(`raw/${count}`, body);
  process.stdout.write(`${systemClock.monotonicMs() - startMs}\n`);
}
