import type { Mutation } from './mutation.ts';

const FAILOVER = { name: 'failover', seeds: 40 };

/** The cut: what counts of a copy that was made in no order. */
const cutting: readonly Mutation[] = [
  {
    name: 'cut-not-held-by-streams',
    breaks: 'rule 12: a data stream that reaches less far holds the cut back',
    file: 'recovery/cut/cut.ts',
    find: '    limit = own;\n',
    replace: '',
    scenario: FAILOVER,
  },
  {
    name: 'gap-in-a-copy-counts-as-the-end',
    breaks: 'P8: a stream counts up to its first gap, whatever lies above it',
    file: 'recovery/cut/stream-reading.ts',
    find: "      this.#isComplete = end.kind === 'sealed';",
    replace: "      this.#isComplete = end.kind !== 'unclaimed';",
    scenario: FAILOVER,
  },
  {
    name: 'snapshot-later-than-the-cut',
    breaks: 'rule 12: a state cannot be taken back behind the snapshot that it is of',
    file: 'recovery/cut/cut.ts',
    find: 'if (compareHlc(own, chain.base.hlc) < 0) return',
    replace: 'if (compareHlc(own, NEVER) < 0) return',
    pinned: ['rule-12 snapshot'],
  },
  {
    name: 'sealed-streams-not-closed-over',
    breaks: 'closure: every stream that a state leans on must have come, those sealed long ago too',
    file: 'recovery/cut/metadata-reading.ts',
    find: 'if (image.stream(stream) !== undefined) found.set(streamKey(stream), stream);',
    replace: 'if (image.stream(stream) === undefined) found.set(streamKey(stream), stream);',
    pinned: ['hole-33 closure'],
  },
  {
    name: 'metadata-gap-passed-over',
    breaks: 'P8: the metadata log counts up to its first gap',
    file: 'recovery/cut/cut.ts',
    find: 'let limit = (chain.steps.at(-1) ?? chain.base).hlc;',
    replace: 'let limit = { ...(chain.steps.at(-1) ?? chain.base).hlc };\n  limit.ms += 3_600_000;',
    pinned: ['rule-12 gap'],
  },
  {
    name: 'divided-slot-counts-whole',
    breaks: 'rule 12: of a slot that the cut divides, what is later does not count',
    file: 'recovery/load-streams.ts',
    find: "if (entry.kind === 'close' || (upTo !== undefined && compareHlc(entry.hlc, upTo) > 0)) continue;",
    replace: "if (entry.kind === 'close' || (upTo !== undefined && compareHlc(entry.hlc, entry.hlc) > 0)) continue;",
    pinned: ['rule-12 divided'],
  },
  {
    name: 'idle-metadata-log-silent',
    breaks: 'rule 12: the metadata log writes heartbeats',
    file: 'meta/metadata-log.ts',
    find: '      this.#heartbeatDue = true;\n',
    replace: '',
    pinned: ['rule-12 idle'],
  },
  {
    name: 'idle-data-stream-silent',
    breaks: 'rule 12: data streams write heartbeats where a replica is configured',
    file: 'log/data-stream.ts',
    find: '      this.#send({ batches: [], closes: [], bytes: 0 });',
    replace: '      void this.#isLooking;',
    pinned: ['rule-12 idle'],
  },
  {
    name: 'times-of-what-is-read-not-merged',
    breaks:
      'rule 12: a leader’s clock runs ahead of all that it has read, so that a cut never keeps a record without those before it',
    file: 'log/slot-reader.ts',
    find: '      context.hlc.merge(found.header.lastHlc);\n',
    replace: '',
    scenario: { name: 'failover', seeds: 120 },
  },
];

/** Timelines: which one counts, and where a child begins. */
const forking: readonly Mutation[] = [
  {
    name: 'fork-in-place-counts-by-existence',
    breaks: 'rule 03: a child in its parent’s store counts only by the parent’s last word',
    file: 'recovery/timelines.ts',
    find: '    if (here.length === 0) return children;',
    replace: '    if (here.length >= 0) return children;',
    pinned: ['rule-03 inert'],
  },
  {
    name: 'siblings-not-noticed',
    breaks: 'rule 04: of two timelines that could be the newest nobody may choose',
    file: 'recovery/timelines.ts',
    find: '    if (leaves.length < 2) return leaves;',
    replace: '    if (leaves.length > 0) return leaves.slice(0, 1);',
    pinned: ['rule-04 siblings'],
  },
  {
    name: 'child-named-by-chance',
    breaks: 'rule 05: one plan makes one timeline, however many carry it out',
    file: 'recovery/cut/promotion.ts',
    find: "hash.digest('hex').slice(0, 8)",
    replace: "hash.update(String(Math.random())).digest('hex').slice(0, 8)",
    pinned: ['rule-05 plan'],
  },
  {
    name: 'outdated-plan-carried-out',
    breaks: 'rule 05: a plan that was made of another timeline holds',
    file: 'recovery/cut/promotion.ts',
    find: 'if (order.expectedParent !== undefined && order.expectedParent !== timeline.timeline) {',
    replace: "if (order.expectedParent === '') {",
    pinned: ['rule-05 outdated'],
  },
  {
    name: 'old-primary-not-fenced',
    breaks: 'rule 14: an old primary that sees a newer timeline ends',
    file: 'recovery/timeline-watch.ts',
    find: '      if (by !== undefined) {',
    replace: '      if (by !== undefined && this.#isStopped) {',
    pinned: ['rule-14 fence'],
    scenario: FAILOVER,
  },
  {
    name: 'untold-stores-ignored',
    breaks: 'rule 14: a store that does not tell its timelines holds a start that nobody has pointed to a store',
    file: 'recovery/decide.ts',
    find: 'if (others.unreachable.length > 0 && demands.isStoreNamed !== true)',
    replace: 'if (others.unreachable.length > 99 && demands.isStoreNamed !== true)',
    pinned: ['rule-14 untold'],
  },
  {
    name: 'emptied-primary-begun-afresh',
    breaks: 'P9: an empty primary is no new cluster while a replica holds a history',
    file: 'recovery/decide.ts',
    find: '  if (withHistory !== undefined) return holdOnHistoryElsewhere(withHistory);',
    replace: '  if (withHistory?.lineage === withHistory?.description) void holdOnHistoryElsewhere;',
    pinned: ['hole-31 anew'],
  },
  {
    name: 'late-arrivals-read',
    breaks: 'rule 02: of an ancestor nothing counts beyond the cut, however much arrives later',
    file: 'recovery/load-streams.ts',
    find: "if (entry.kind === 'close' || (upTo !== undefined && compareHlc(entry.hlc, upTo) > 0)) continue;",
    replace: "if (entry.kind === 'close' || (upTo !== undefined && compareHlc(entry.hlc, entry.hlc) > 0)) continue;",
    also: [{ file: 'recovery/load-streams.ts', find: '      through,\n', replace: '      through: through + 2,\n' }],
    pinned: ['hole-21 late'],
  },
  {
    name: 'producer-ids-given-twice',
    breaks: 'rule 21: producer ids that the parent gave beyond the cut are not given again',
    file: 'meta/fork.ts',
    find: 'nextProducerId: data.nextProducerId + PRODUCER_IDS_SKIPPED,',
    replace: 'nextProducerId: data.nextProducerId + 0 * PRODUCER_IDS_SKIPPED,',
    pinned: ['rule-21 ids'],
  },
  {
    name: 'offsets-not-clamped',
    breaks: 'rule 21: an offset committed beyond the cut goes back to the end of its partition',
    file: 'recovery/settle-fork.ts',
    find: '  if (metadata.image.isSettled) return [];',
    replace: '  if (metadata.image.isSettled || clock.nowMs() > 0) return [];',
    also: [
      {
        file: 'recovery/settle-fork.ts',
        find: '  const { metadata, partitions, stream } = context;',
        replace: '  const { clock, metadata, partitions, stream } = context;',
      },
    ],
    pinned: ['hole-32 clamp'],
  },
];

export const failoverMutations: readonly Mutation[] = [...cutting, ...forking];
