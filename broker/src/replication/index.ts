// Replication by Chronik itself: everything that the bucket's history is made of, to a replica store, in an order in which the
// replica is at every moment something that recovery understands.
//
// WHICH ORDER. A thing is copied after all that it rests on:
//
//     cluster.json ─▶ timelines ─▶ claim of a data stream ─▶ metadata slot that registers it ─▶ its data slots
//                                                           metadata slots up to a position ─▶ a snapshot of that position
//
// Within a stream the copier does what its writer did: at most W slots are on their way, slot n+W is not sent before slot n is
// in the replica (log/slot.ts; 1 for the metadata log, 8 for data). So a replica is a bucket that its writer could have left
// behind: what recovery reads of a stream is a gap-free prefix, no metadata speak of a stream whose claim is not there, no data
// precede the metadata that explain them, no snapshot runs ahead of the log. The cut of a replica is then held back by nothing
// but what has not arrived yet.
//
// WHY IT HOLDS WHILE OTHERS WRITE. A round looks at things in the opposite order: snapshots, then data, then metadata. Whoever
// wrote a thing had seen before, in the bucket, what it rests on; so what a later look shows holds all that an earlier look's
// findings rest on (copier.ts).
//
// WHERE IT STANDS is nowhere written down. A start compares the listings of both stores (stream-copy.ts); copies are create-once and
// identical, so a copier that was killed in the middle, or runs twice, does no harm. Another object under a name that is to be
// copied is left alone and told (REPLICA_CONFLICT). A store with a timeline that the bucket does not know was promoted meanwhile,
// and gets nothing more (target.ts).
//
// LAG is a time: everything that was in the bucket so many seconds ago is in the replica. It grows while either store is away.
//
// Where a provider copies instead, nothing has an order; cut-watch.ts then only reads, and says how old the cut is that the replica
// allows (recovery/cut/).
//
// Start with copier.ts (the rounds), then stream-copy.ts (one stream).
export { Copier } from './copier.ts';
export type { CopierOptions } from './copier.ts';
export { CutWatch } from './cut-watch.ts';
export type { CutWatchOptions } from './cut-watch.ts';
export type { ReplicaReport, Replicator } from './report.ts';
