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
    pinned: ['rule-11 tail'],
  },
  {
    name: 'fsync-resolves-next-group-too',
    breaks: 'P2: a group commit covers what was appended before it began',
    file: 'log/local-wal.ts',
    find: '    this.#group = undefined;\n    this.#pending = [];\n    this.#pendingBytes = 0;\n    try {',
    replace:
      '    this.#pending = [];\n    this.#pendingBytes = 0;\n    group?.resolve();\n    this.#group = undefined;\n    try {',
    pinned: ['rule-11 tail'],
  },
  {
    name: 'failed-fsync-ignored',
    breaks: 'rule 16: a failed fsync ends the process',
    file: 'log/local-wal.ts',
    find: '      await this.#files.sync();\n      this.#isDirty',
    replace: '      await this.#files.sync().catch(() => undefined);\n      this.#isDirty',
    pinned: ['rule-16'],
  },
  {
    name: 'cold-batch-not-held-against-the-index',
    breaks: 'hole 13: what the checksum of a batch does not cover is compared with what the index knows',
    file: 'kafka/record-batch/crc.ts',
    find: '    baseOffsetOf(buffer) === stored.baseOffset &&\n',
    replace: '',
    pinned: ['hole-13 flipped bit'],
  },
  {
    name: 'wal-frames-of-any-use',
    breaks: 'rule 11: what an earlier use left in a file of the local WAL is not of this one',
    file: 'log/wal-frame.ts',
    find: 'const own = crc32c(frame.subarray(8), crcStart);',
    replace: 'const own = crc32c(frame.subarray(8));',
    also: [
      {
        file: 'log/wal-frame.ts',
        find: 'if (crc32c(file.subarray(position + 8, next), crcStart) !==',
        replace: 'if (crc32c(file.subarray(position + 8, next)) !==',
      },
    ],
    pinned: ['rule-11 used again'],
  },
  {
    name: 'wal-frames-can-be-guessed',
    breaks:
      'rule 11: what a producer wrote into a record is no frame of the local WAL, wherever a later use of the file ends',
    file: 'log/wal-files.ts',
    find: 'lineage, random.bytes(4).readUInt32LE());',
    replace: 'lineage, random.bytes(4).length - 4);',
    pinned: ['rule-11 guessed'],
  },
  {
    name: 'wal-file-used-before-its-old-name-is-gone',
    breaks: 'rule 11, 16: a file of the local WAL is written over only when its old name cannot come back',
    file: 'log/wal-files.ts',
    find: '      if (isKept) await this.#disk.rename(path, spare);\n      else await this.#disk.remove(path);',
    replace:
      '      if (isKept) this.#spares.push(spare);\n      if (isKept) return void (await this.#disk.rename(path, spare));\n      await this.#disk.remove(path);',
    pinned: ['rule-11 names'],
  },
  {
    name: 'wal-file-without-end',
    breaks: 'rule 11: where a full file of the local WAL ends is written in it',
    file: 'log/wal-files.ts',
    find: '    await this.#file.append([encodeEndFrame(this.#current.lastBatch, this.crcStart)]);\n',
    replace: '',
    pinned: ['rule-11 several files'],
  },
  {
    name: 'wal-file-used-before-the-bucket-has-it',
    breaks: 'P2, rule 11: a file of the local WAL goes when all its batches are committed',
    file: 'log/wal-files.ts',
    find: 'this.#files[done]!.lastBatch <= committedBatches) done',
    replace: 'committedBatches >= 0) done',
    pinned: ['rule-11 names'],
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
    name: 'deleted-batches-forget-producers',
    breaks: 'no duplicate from an idempotent producer, whatever of its records was deleted',
    file: 'partition/log-loader.ts',
    find: 'if (batch.producerId !== NO_PRODUCER_ID) this.#producers.record',
    replace:
      "if (batch.lastOffset < this.#logStartOffset) return 'deleted';\n    if (batch.producerId !== NO_PRODUCER_ID) this.#producers.record",
    pinned: ['producers deleted'],
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
    pinned: ['rule-11 tail'],
  },
  {
    name: 'local-tail-removed-before-commit',
    breaks: 'rule 11: local files go only when the re-appended slots have committed',
    file: 'recovery/local-tail.ts',
    find: '  await context.stream.flush();\n  await tail.clear();',
    replace: '  await tail.clear();\n  await context.stream.flush();',
    pinned: ['rule-11 files'],
  },
  {
    name: 'old-volume-trusted',
    breaks: 'decision table: a volume that was overtaken is quarantined, not re-appended',
    file: 'recovery/boot.ts',
    find: "=== 're-append') return [];",
    replace: '!== undefined) return [];',
    pinned: ['rule-11 untouched'],
  },
  {
    name: 'diverged-tail-appended',
    breaks: 'rule 11: a tail whose partition went another way is no continuation, even where it fits',
    file: 'recovery/local-tail.ts',
    find: 'if (baseOffset > log.logEndOffset || this.#diverged.has(log))',
    replace: 'if (baseOffset > log.logEndOffset)',
    also: [
      {
        file: 'recovery/boot.ts',
        find: "=== 're-append') return [];",
        replace: '!== undefined) return [];',
      },
    ],
    pinned: ['rule-11 fits'],
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
    name: 'batches-outside-their-interval',
    breaks: "rule 17: a batch counts only in its leader's interval",
    file: 'partition/log-loader.ts',
    find: 'return this.#history.some(',
    replace: 'return this.#history.length > 0 || this.#history.some(',
    pinned: ['rule-17 intervals'],
  },
  {
    name: 'close-counts-when-sent',
    breaks: 'rule 17: a close counts once its slot is committed',
    file: 'log/data-stream.ts',
    find: '    this.#idle.active();\n    this.#options.observer?.slotFrozen',
    replace:
      '    this.#idle.active();\n    for (const close of load.closes) close.committed(slot);\n    this.#options.observer?.slotFrozen',
    pinned: ['rule-17 close'],
  },
  {
    name: 'leadership-before-registration-skipped',
    breaks: 'rule 09: leadership is committed before the first data slot',
    file: 'recovery/leadership.ts',
    find: 'const image = await metadata.append([...sealed, registered, ...assigned]);',
    replace: 'const image = await metadata.append([...sealed, registered]);\n  void assigned;',
    scenario: CLUSTER,
  },
];

/** Answers of brokers that were replaced, refusals of the boot, clean stops, snapshots. */
const deciding: readonly Mutation[] = [
  {
    name: 'zombie-answers-without-proof',
    breaks: 'rule 18: ends of logs and committed offsets are told with proof that the stream is open',
    file: 'broker/open-proof.ts',
    find: '      this.#proveOpen(),',
    replace: '      Promise.resolve(),',
    pinned: ['rule-18 zombie'],
  },
  {
    name: 'emptied-bucket-begun-afresh',
    breaks: 'decision table: a volume that knows a history refuses an empty bucket',
    file: 'recovery/decide.ts',
    find: "  if (volume.kind === 'identified') return refuseEmptied(volume.identity);\n  if (volume.kind === 'corrupt') {",
    replace: "  if (volume.kind === 'corrupt') {",
    pinned: ['rule-23 emptied'],
  },
  {
    name: 'headless-bucket-begun-afresh',
    breaks: 'decision table: objects without cluster.json are refused',
    file: 'recovery/bucket-survey.ts',
    find: "keys.length === 0 ? { kind: 'empty' } : { kind: 'foreign', keys }",
    replace: "keys.length >= 0 ? { kind: 'empty' } : { kind: 'foreign', keys }",
    pinned: ['rule-23 headless'],
  },
  {
    name: 'replica-opened',
    breaks: 'rule 02: only the store that the timeline names is appended to',
    file: 'recovery/decide.ts',
    find: 'if (!leaf.ownedByThisStore) {',
    replace: 'if (!leaf.ownedByThisStore && leaf.timeline.length === 0) {',
    pinned: ['rule-02 replica'],
  },
  {
    name: 'other-installation-not-watched',
    breaks: 'a live heartbeat of another installation holds',
    file: 'recovery/other-installation.ts',
    find: 'if (theirs === installation || heartbeatMs === 0) return;',
    replace: 'if (theirs === installation || heartbeatMs >= 0) return;',
    pinned: ['rule-02 installation'],
  },
  {
    name: 'lost-race-for-cluster-json-ignored',
    breaks: 'rule 23: of two first boots one names the cluster',
    file: 'meta/files/create-once.ts',
    find: "return { outcome: 'exists', file: decode(answer.existing) };",
    replace: "return { outcome: 'exists', file };",
    pinned: ['rule-23 race'],
  },
  {
    name: 'clean-stop-without-flush',
    breaks: 'hole 03: SIGTERM flushes everything',
    file: 'broker/broker.ts',
    find: "    logger.info('Stopping: flushing what was appended');\n    await dataStream.flush();",
    replace: '    if (logger !== undefined) return;\n    await dataStream.flush();',
    pinned: ['hole-03'],
  },
  {
    name: 'salvage-dropped',
    breaks: 'a local tail that cannot continue is kept, never silently dropped',
    file: 'recovery/salvage.ts',
    find: '  await disk.rename(wal.directory, `${quarantine}/${name}`);',
    replace: '  void name;\n  await disk.removeTree(wal.directory);',
    pinned: ['rule-11 overtaken'],
  },
  {
    name: 'damaged-snapshot-stops-the-boot',
    breaks: 'hole 18: a snapshot that does not verify gives way to the one before',
    file: 'meta/recover/load-snapshot.ts',
    find: 'if (!isSnapshotDamage(error)) throw error;',
    replace: 'if (!isSnapshotDamage(error) || rejected.length === 0) throw error;',
    scenario: CLUSTER,
  },
  {
    name: 'snapshot-checksum-ignored',
    breaks: 'hole 13: a snapshot is verified before it is trusted',
    file: 'meta/snapshot/snapshot-file.ts',
    find: 'if (!hash.equals(bytes.subarray(digestAt))) {',
    replace: 'if (hash.length === 0) {',
    scenario: { name: 'cluster', seeds: 300 },
  },
  {
    name: 'replay-begins-behind-snapshot',
    breaks: 'recovery: the log is replayed from the slot after the snapshot',
    file: 'meta/recover/recover.ts',
    find: '    const after = replay.after(stream.epoch);\n    return { ...options, ...(after',
    replace:
      '    const after = stream.epoch < epoch ? replay.after(stream.epoch) : undefined;\n    if (stream.epoch === epoch - 1 && epoch > 2) return { ...options, depth: "tails" };\n    return { ...options, ...(after',
    scenario: CLUSTER,
  },
];

/** The metadata log. */
const metadata: readonly Mutation[] = [
  {
    name: 'data-acked-before-its-metadata',
    breaks: 'rule 09: data are acknowledged after the metadata that their partitions depend on',
    file: 'broker/handlers/produce.ts',
    find: 'if (!durable.isReached) return produceBehindMetadata(',
    replace: 'if (services === undefined) return produceBehindMetadata(',
    pinned: ['rule-09 interval'],
  },
  {
    name: 'data-slots-not-asked-about-metadata',
    breaks: 'rules 01, 09: the end of an unsealed metadata epoch is held against what data slots say was committed',
    file: 'log/seal.ts',
    find: 'if (committedElsewhere !== undefined && walker.learnCommitted(committedElsewhere)) break;',
    replace: '',
    pinned: ['rule-09 lost'],
  },
  {
    name: 'recreated-topic-keeps-its-id',
    breaks: 'hole 20: a topic that is created again has another id',
    file: 'meta/operations/create-topics.ts',
    find: 'topicId: options.newTopicId(),',
    replace: "topicId: Buffer.from(topic.name.padEnd(16, '.').slice(0, 16)).toString('base64url'),",
    scenario: CLUSTER,
  },
  {
    name: 'previous-metadata-epoch-left-open',
    breaks: 'rule 07: the state is read after every lower metadata epoch has been sealed',
    file: 'meta/recover/recover.ts',
    find: 'const range = { from, below: epoch,',
    replace: 'const range = { from, below: epoch - 1,',
    scenario: CLUSTER,
  },
];

export const brokerMutations: readonly Mutation[] = [
  ...acknowledging,
  ...producing,
  ...booting,
  ...deciding,
  ...metadata,
];
