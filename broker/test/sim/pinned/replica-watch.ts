import assert from 'node:assert/strict';
import { encodeTimelineFile } from '../../../src/meta/files/timeline-file.ts';
import { readTimelineFiles, timelineFileKey } from '../../../src/meta/index.ts';
import { CutWatch } from '../../../src/replication/index.ts';
import type { ReplicaReport } from '../../../src/replication/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import { simLogger } from '../cluster/sim-logger.ts';
import type { PinnedScenario, RunOptions } from '../scenario.ts';
import { VirtualProcess } from '../virtual-process.ts';
import { CopierBench } from './copier-bench.ts';

/** A replica that a provider fills, and a process that watches it. */
class WatchBench extends CopierBench {
  readonly process: VirtualProcess;
  readonly target: PatientStore;
  watch: CutWatch | undefined;

  constructor(name: string, options: RunOptions = {}) {
    super(name, options);
    this.process = new VirtualProcess(this.world.cluster.scheduler, 'watcher');
    const { clock, random } = this.process;
    this.target = new PatientStore(this.world.replica.connect(this.process), { clock, random });
  }

  /** What the provider has brought so far: everything but these. */
  arrive(missing: readonly string[] = []): void {
    const { bucket } = this.world.cluster;
    const there = this.world.replica.contents();
    const coming = [...bucket.contents()].filter(([key]) => !key.startsWith('probe/') && !there.has(key));
    // In no order: backwards.
    for (const [key, body] of coming.toReversed()) if (!missing.includes(key)) this.world.replica.plant(key, body);
  }

  async startWatching(): Promise<void> {
    const { clock, random } = this.process;
    const source = new PatientStore(this.world.cluster.bucket.connect(this.process), { clock, random });
    const [root] = await this.world.cluster.settle(readTimelineFiles(source));
    this.watch = new CutWatch({
      clock,
      random,
      logger: simLogger(this.world.cluster.scheduler, 'watcher'),
      source,
      target: this.target,
      broker: 0,
      timeline: root!.timeline,
      committedThrough: () => undefined,
    });
    this.watch.start();
  }

  get seen(): ReplicaReport {
    return this.watch!.report();
  }

  untilSeen(what: string, isSo: (report: ReplicaReport) => boolean): Promise<void> {
    return this.world.cluster.until(what, () => isSo(this.seen));
  }
}

/** A hole holds the cut back, is named, and is gone when the object comes; the cut's age tells, whatever else arrives. */
async function aHoleIsTold(options?: RunOptions): Promise<void> {
  const bench = new WatchBench('watched hole', options);
  await bench.start(20);
  // The metadata log's heartbeat reaches beyond what was produced.
  await bench.pass(15_000);
  const late = bench.slotKey('wal/', 7);
  bench.arrive([late]);
  await bench.startWatching();
  await bench.untilSeen('a cut', ({ lag }) => lag !== undefined);
  const before = bench.seen.lag!;
  assert.match(bench.seen.heldBackBy ?? '', /data stream .* holds it back: slot/);
  assert.match(bench.seen.holes?.join() ?? '', /slot 7 is missing|slots 7\.\./);
  await bench.pass(60_000);
  await bench.produce(5);
  bench.arrive([late]);
  await bench.pass(15_000);
  assert.equal(bench.seen.lag?.sinceMs, before.sinceMs, 'the cut went past a hole');
  assert.equal(bench.seen.state, 'copying');
  bench.arrive();
  await bench.untilSeen('the cut to go on', ({ lag }) => (lag?.sinceMs ?? 0) > before.sinceMs);
  await bench.produce(1);
  bench.arrive();
  await bench.untilSeen('the copy in sync', ({ state }) => state === 'in sync');
  assert.deepEqual(bench.seen.holes, []);
}

/** Nothing there yet, and a copy that was promoted: each is told, and the watch goes on by itself. */
async function whatIsNoCopyIsTold(options?: RunOptions): Promise<void> {
  const bench = new WatchBench('watched promotion', options);
  await bench.start(3);
  await bench.startWatching();
  const codes = (report: ReplicaReport): string => report.problems.map(({ code }) => code).join();
  await bench.untilSeen('that nothing is there', (report) => codes(report) === 'COPY_EMPTY');
  bench.arrive();
  await bench.untilSeen('a cut', ({ lag, problems }) => lag !== undefined && problems.length === 0);
  const [parent] = await bench.world.cluster.settle(readTimelineFiles(bench.target));
  const child = {
    ...parent!,
    timeline: '0000000002-0a1b2c3d',
    parent: parent!.timeline,
    reason: 'promotion' as const,
    cut: { metadata: { epoch: 1, slot: 1 }, hlc: { ms: 1, counter: 0 }, streams: [] },
    store: bench.target.address,
  };
  bench.world.replica.plant(timelineFileKey(child.timeline), encodeTimelineFile(child));
  await bench.untilSeen('that it was promoted', (report) => codes(report) === 'REPLICA_PROMOTED');
  assert.equal(bench.seen.state, 'refused');
}

export const replicaWatch: readonly PinnedScenario[] = [
  { name: 'watch hole: it holds the cut back, and is named', run: aHoleIsTold },
  { name: 'watch promotion: what is no copy, or no longer one, is told', run: whatIsNoCopyIsTold },
];
