import type { Mutation } from './mutation.ts';

const CLUSTER = { name: 'cluster', seeds: 60 };

/** What is visible, what is acknowledged, and when. */
const acknowledging: readonly Mutation[] = [
  {
    name: 'high-watermark-before-commit',
    breaks: 'P3: the high watermark moves only when the bucket has the batch',
    file: 'partition/partition-log.ts',
    find: '    this.#logEndOffset = lastOffset + 1;\n    uncommitted.add',
    replace: '    this.#logEndOffset = lastOffset + 1;\n    this.#highWatermark = lastOffset + 1;\n    uncommitted.add',
    scenario: CLUSTER,
  },
  {
    name: 'acks-all-before-commit',
    breaks: 'P1: acks=all is answered when the bucket has the batch',
    file: 'partition/partition-log.ts',
    find: 'if (lastOffset < this.#highWatermark) waiter.committed(tag);',
    replace: 'if (lastOffset < this.#logEndOffset) waiter.committed(tag);',
    scenario: CLUSTER,
  },
  {
    name: 'acks-1-without-fsync',
    breaks: 'P2: acks=1 is answered after the fsync of the local WAL',
    file: 'broker/local-acks.ts',
    find: 'const synced = this.#wal.sync();',
    replace: 'const synced = Promise.resolve();',
    scenario: CLUSTER,
  },
  {
    name: 'fsync-resolves-next-group-too',
    breaks: 'P2: a group commit covers what was appended before it began',
    file: 'log/local-wal.ts',
    find: '    this.#group = undefined;\n    this.#frames = [];\n    this.#frameBytes = 0;\n    try {',
    replace:
      '    this.#frames = [];\n    this.#frameBytes = 0;\n    group?.resolve();\n    this.#group = undefined;\n    try {',
    scenario: CLUSTER,
  },
  {
    name: 'failed-fsync-ignored',
    breaks: 'rule 16: a failed fsync ends the process',
    file: 'log/local-wal.ts',
    find: '      await this.#file!.sync();\n      this.#isDirty',
    replace: '      await this.#file!.sync().catch(() => undefined);\n      this.#isDirty',
    scenario: { name: 'cluster', seeds: 200 },
  },
  {
    name: 'offset-commit-before-bucket',
    breaks: 'P4: a committed offset is in the bucket when it is answered',
    file: 'broker/offsets-port.ts',
    find: 'log.whenCommitted(lastOffset, { committed: () => resolve(), failed: (_, error) => reject(error) }, 0);',
    replace:
      'resolve();\n      log.whenCommitted(lastOffset, { committed: () => resolve(), failed: (_, error) => reject(error) }, 0);',
    scenario: CLUSTER,
  },
  {
    name: 'metadata-answered-before-commit',
    breaks: 'P4: a metadata change is in the bucket when it is answered',
    file: 'meta/metadata-log.ts',
    find: '    return { image: await batch.committed, result };\n  }\n\n  /**\n   * Resolves when all that',
    replace: '    return { image: batch.freeze(), result };\n  }\n\n  /**\n   * Resolves when all that',
    scenario: CLUSTER,
  },
];

/** Idempotent producers. */
const producing: readonly Mutation[] = [
  {
    name: 'duplicates-not-recognised',
    breaks: 'no duplicate from an idempotent producer',
    file: 'partition/producer-state.ts',
    find: "        return { kind: 'duplicate', baseOffset, lastOffset, maxTimestamp };",
    replace: '        void [baseOffset, lastOffset, maxTimestamp];\n        return NEXT;',
    scenario: CLUSTER,
  },
  {
    name: 'sequence-gaps-accepted',
    breaks: 'order: a later batch is not taken before the one that is missing',
    file: 'partition/producer-state.ts',
    find: 'if (newest === undefined || baseSequence === expectedSequence) return NEXT;',
    replace: 'if (newest === undefined || baseSequence >= expectedSequence) return NEXT;',
    scenario: CLUSTER,
  },
  {
    name: 'producer-state-not-restored',
    breaks: 'producer state is rebuilt from the footers at boot',
    file: 'partition/log-loader.ts',
    find: 'if (batch.producerId !== NO_PRODUCER_ID) this.#producers.record(batch, batch.hlc.ms);',
    replace: 'void NO_PRODUCER_ID;',
    scenario: CLUSTER,
  },
  {
    name: 'producer-id-block-not-recorded',
    breaks: 'producer ids are given out once in a lineage',
    file: 'broker/producer-ids.ts',
    find: 'this.#next = result.firstProducerId;',
    replace: 'this.#next = 0 * result.firstProducerId;',
    scenario: CLUSTER,
  },
];

/** Boot: predecessors, the local tail, old volumes. */
const booting: readonly Mutation[] = [
  {
    name: 'local-tail-not-re-appended',
    breaks: 'rule 11: a surviving tail is re-appended in the new stream',
    file: 'recovery/local-tail.ts',
    find: '    const result = log.appendAgain(batch.bytes);\n',
    replace: "    if (batch.baseOffset >= 0) return 'known';\n    const result = log.appendAgain(batch.bytes);\n",
    scenario: CLUSTER,
  },
  {
    name: 'local-tail-removed-before-commit',
    breaks: 'rule 11: local files go only when the re-appended slots have committed',
    file: 'recovery/local-tail.ts',
    find: '  await context.stream.flush();\n  await tail.clear();',
    replace: '  await tail.clear();\n  await context.stream.flush();',
    scenario: { name: 'cluster', seeds: 200 },
  },
  {
    name: 'old-volume-trusted',
    breaks: 'decision table: a volume that was overtaken is quarantined, not re-appended',
    file: 'recovery/boot.ts',
    find: "=== 're-append') return [];",
    replace: '!== undefined) return [];',
    scenario: { name: 'cluster', seeds: 200 },
  },
  {
    name: 'predecessors-not-sealed',
    breaks: 'rules 07, 11: a broker seals the streams of its earlier incarnations',
    file: 'recovery/load-streams.ts',
    find: 'for (const epoch of open) await loader.loadAndSeal(epoch);',
    replace: 'for (const epoch of open.slice(0, -1)) await loader.loadAndSeal(epoch);',
    scenario: CLUSTER,
  },
  {
    name: 'leadership-before-registration-skipped',
    breaks: 'rule 09: leadership is committed before the first data slot',
    file: 'recovery/leadership.ts',
    find: 'const image = await metadata.append([...sealed, registered, ...assigned]);',
    replace: 'const image = await metadata.append([...sealed, registered]);\n  void assigned;',
    scenario: CLUSTER,
  },
  {
    name: 'batches-outside-their-interval-kept',
    breaks: 'rule 17: batches outside their leader interval are ignored',
    file: 'partition/log-loader.ts',
    find: '    if (!this.#belongs(batch, location)) {',
    replace: '    if (!this.#belongs(batch, location) && batch.baseOffset < 0) {',
    scenario: { name: 'cluster', seeds: 200 },
  },
];

export const brokerMutations: readonly Mutation[] = [...acknowledging, ...producing, ...booting];
