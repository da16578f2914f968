import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BootBench, batch, contents, createTopic, logOf } from './boot-bench.ts';

/** Resolves when `happened`; `when` decides which create that is. */
function gate(): { readonly reached: Promise<void>; readonly open: () => void; readonly wait: () => Promise<void> } {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: opened.resolve,
    wait: () => {
      reached.resolve();
      return opened.promise;
    },
  };
}

test('rule-11: a volume whose boot was overtaken before it claimed a data epoch does not count as the newest', async () => {
  const bench = await BootBench.create();
  try {
    const first = await bench.start();
    await createTopic(first.broker);
    first.life.store.refuses = (key) => key.startsWith('wal/');
    logOf(first.broker).append(batch('=p'));
    logOf(first.broker).append(batch('=q'));
    // Nobody was told about this one: its producer tries again wherever the leader is.
    logOf(first.broker).append(batch('=retried', 0));
    await first.broker.localWal.sync();
    await bench.kill(first.life);

    // It holds a metadata epoch, and is held up before its data claim.
    const claim = gate();
    const overtaken = bench.begin({
      prepare: (store) => {
        store.beforeCreate = (key) => (key.startsWith('wal/') ? claim.wait() : undefined);
      },
    });
    await claim.reached;
    const other = await bench.start({ volume: 'other' });
    logOf(other.broker).append(batch('=retried', 0));
    logOf(other.broker).append(batch('=r'));
    await other.broker.stream.flush();
    const history = await contents(other.broker);
    claim.open();
    await assert.rejects(overtaken.booting);
    await bench.kill(overtaken);

    // Who is not the controller any more has not ended the stream of who is.
    logOf(other.broker).append(batch('=s'));
    await other.broker.stream.flush();
    await bench.kill(other.life);

    const back = await bench.start();
    assert.deepEqual(await contents(back.broker), [...history, '2 s']);
    assert.equal(back.broker.report.reappendedRecords, 0);
    assert.ok(back.broker.report.anomalies.some(({ kind }) => kind === 'local-tail-salvaged'));
  } finally {
    await bench.close();
  }
});

test('P9: a bucket that does not know the epoch of the volume has lost its newest part, and is refused untouched', async () => {
  const bench = await BootBench.create();
  try {
    const first = await bench.start();
    await createTopic(first.broker);
    await bench.kill(first.life);
    const old = new Map(bench.objects.contents());
    const second = await bench.start();
    logOf(second.broker).append(batch('=acknowledged'));
    await second.broker.stream.flush();
    await bench.kill(second.life);

    const whole = new Map(bench.objects.contents());
    for (const key of whole.keys()) if (!old.has(key)) await bench.objects.delete([key]);
    const before = [...bench.objects.contents().keys()];
    const booting = bench.begin().booting;
    await assert.rejects(booting, { code: 'BUCKET_OLDER_THAN_VOLUME' });
    assert.deepEqual([...bench.objects.contents().keys()], before);

    for (const [key, body] of whole) await bench.objects.create(key, [body]);
    const healed = await bench.start();
    assert.deepEqual(await contents(healed.broker), ['0 acknowledged']);
  } finally {
    await bench.close();
  }
});
