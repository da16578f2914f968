import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { systemClock, systemRandom } from '../../../src/edge/index.ts';
import { OFFSETS_TOPIC, readGroups } from '../../../src/recovery/index.ts';
import type { StoredGroups } from '../../../src/recovery/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import type { MemoryStore } from '../../../src/store/index.ts';
import { Lives, OFFSETS, ORDERS, examine } from './bucket.ts';

let bucket: MemoryStore;

before(async () => {
  const lives = await Lives.begin();
  try {
    await lives.start();
    await lives.createTopic(ORDERS, 2);
    await lives.createTopic(OFFSETS, 1);
    await lives.commitOffset('shipping', 1, 3);
    await lives.commitOffset('billing', 1, 1);
    await lives.commitOffset('billing', 0, 5);
    await lives.crash();
    await lives.start();
    await lives.commitOffset('billing', 1, 8);
    bucket = lives.objects;
  } finally {
    await lives.end();
  }
});

async function groupsOf(objects: MemoryStore): Promise<StoredGroups> {
  const store = new PatientStore(objects, { clock: systemClock, random: systemRandom });
  const { history } = await examine(objects, { placesOf: OFFSETS_TOPIC });
  assert.ok(history !== undefined);
  return readGroups(store, { image: history.metadata.image, ledger: history.ledger });
}

test('groups are what the last record of each key says, over all lives of the broker', async () => {
  const rest = { members: 1, generation: 1, protocol: 'range' };
  assert.deepEqual(await groupsOf(bucket), {
    groups: [
      {
        group: 'billing',
        ...rest,
        offsets: [
          { topic: 'orders', partition: 0, offset: 5 },
          { topic: 'orders', partition: 1, offset: 8 },
        ],
      },
      { group: 'shipping', ...rest, offsets: [{ topic: 'orders', partition: 1, offset: 3 }] },
    ],
    unreadableBatches: 0,
  });
});
