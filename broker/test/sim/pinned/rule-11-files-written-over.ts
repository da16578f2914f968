import assert from 'node:assert/strict';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { ClusterBench } from './cluster-bench.ts';

/** A few batches of one record. */
const FILE_BYTES = 1_000;

/** A broker whose local WAL has gone through its files several times, and whose last `tail` batches only the disk has. */
async function withUsedFiles(name: string, tail: number, options?: RunOptions): Promise<ClusterBench> {
  const bench = new ClusterBench(name, options, { localWalFileBytes: FILE_BYTES });
  await bench.start();
  await bench.produce(1);
  for (let i = 0; i < 40; i++) await bench.produce(-1);
  await bench.world.pass(1_000);
  bench.world.bucket.setDown(true);
  for (let i = 0; i < tail; i++) await bench.produce(1);
  return bench;
}

/** A file is written over while older bytes still stand behind its end: they are intact, and of no use. */
async function theTailIsAppendedAgain(name: string, tail: number, options?: RunOptions): Promise<void> {
  for (let round = 0; round < 8; round++) {
    const bench = await withUsedFiles(`${name} ${round}`, tail + round, options);
    const { host, bucket } = bench.world;
    host.losePower();
    bucket.setDown(false);
    await bench.serving();
    const salvaged = [...bucket.contents().keys()].filter((key) => key.startsWith('salvage/'));
    assert.deepEqual(salvaged, [], 'nothing of an earlier use of the file is taken for a tail that does not fit');
    await bench.restoreAndCheck();
  }
}

/** The power goes while files are released and taken again: by chance with a name that no sync has made durable. */
async function namesAreDurableBeforeTheFileIsUsed(options?: RunOptions): Promise<void> {
  for (let round = 0; round < 30; round++) {
    const bench = new ClusterBench(`rule 11 names ${round}`, options, { localWalFileBytes: FILE_BYTES });
    await bench.start();
    for (let i = 0; i < 12 + round; i++) await bench.produce(1);
    bench.world.host.losePower();
    await bench.serving();
    await bench.restoreAndCheck();
  }
}

export const rule11Files: readonly PinnedScenario[] = [
  {
    name: 'rule-11 used again: a short tail in a file that was used before',
    run: (options) => theTailIsAppendedAgain('rule 11 used again', 1, options),
  },
  {
    name: 'rule-11 several files: a tail longer than a file',
    run: (options) => theTailIsAppendedAgain('rule 11 several files', 16, options),
  },
  { name: 'rule-11 names: a file is used again when its old name is gone', run: namesAreDurableBeforeTheFileIsUsed },
];
