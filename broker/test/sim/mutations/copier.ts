import type { Mutation } from './mutation.ts';

const COPIER = { name: 'copier', seeds: 40 };

/** In which order things appear in a replica. */
const ordering: readonly Mutation[] = [
  {
    name: 'copier-window-ignored',
    breaks: "a stream's slot n+W is not in the replica before slot n",
    file: 'replication/stream-copy.ts',
    find: 'while (writes.length >= (this.#next === 0 ? 1 : this.#window)) await settleFirst();',
    replace: 'while (writes.length >= 1_000) await settleFirst();',
    scenario: COPIER,
  },
  {
    name: 'copier-passes-gaps',
    breaks: 'only the gap-free prefix of a stream is copied',
    file: 'replication/stream-copy.ts',
    find: 'if (slot === expected) {',
    replace: 'if (slot >= expected) {',
    pinned: ['copier gap'],
  },
  {
    name: 'copier-claim-after-registration',
    breaks: "a stream's claim is in the replica before the metadata that register it",
    file: 'replication/copy-rounds.ts',
    find: 'registering: ({ broker, streamEpoch }) => this.#data.copyClaim(broker, streamEpoch),',
    replace: 'registering: async () => undefined,',
    scenario: COPIER,
  },
  {
    name: 'copier-data-before-metadata',
    breaks: 'data wait for the metadata that explain them',
    file: 'replication/copy-rounds.ts',
    find: '    if (!explained) return;\n',
    replace: '    void explained;\n',
    pinned: ['copier order: data wait'],
  },
  {
    name: 'copier-looks-as-it-copies',
    breaks: 'a round looks at data before it looks at metadata',
    file: 'replication/copy-rounds.ts',
    find: '    await this.#data.look();\n    await this.#metadata.look();\n',
    replace: '    await this.#metadata.look();\n    await this.#data.look();\n',
    pinned: ['copier order: a topic'],
  },
  {
    name: 'copier-snapshot-first',
    breaks: 'a snapshot is in the replica after the slots that it covers',
    file: 'replication/copy-rounds.ts',
    find: '    await this.#look(surveys || isUrgent);\n',
    replace: '    await this.#look(surveys || isUrgent);\n    await this.#files.copy();\n',
    scenario: COPIER,
  },
  {
    name: 'copier-skips-epochs',
    breaks: 'rule 07: an epoch of the metadata log is in the replica up to its seal before the next one',
    file: 'replication/metadata-copy.ts',
    find: 'copies.find((copy) => !copy.hasEnded) ?? copies.at(-1)',
    replace: 'copies.at(-1)',
    scenario: COPIER,
  },
];

/** What must not be written, and what must be told. */
const guarding: readonly Mutation[] = [
  {
    name: 'copier-conflict-ignored',
    breaks: 'P6: another object under a name that is to be copied stops the stream and is told',
    file: 'replication/copy-slot.ts',
    find: "if (outcome === 'conflict') throw",
    replace: "if (outcome === 'conflict' && key === '') throw",
    pinned: ['copier conflict'],
  },
  {
    name: 'copier-writes-to-promoted-store',
    breaks: 'rules 02, 14: a store with a newer timeline gets nothing',
    file: 'replication/target.ts',
    find: 'const foreign = there.find((key) => !here.has(key));',
    replace: "const foreign = there.find((key) => !here.has(key) && key === '');",
    pinned: ['rule-14 copier'],
  },
  {
    name: 'copier-writes-to-foreign-cluster',
    breaks: "rule 02: another cluster's store gets nothing",
    file: 'replication/target.ts',
    find: 'if (cluster.lineage !== lineage) {',
    replace: "if (cluster.lineage === '') {",
    pinned: ['rule-02 copier'],
  },
  {
    name: 'copier-writes-among-foreign-objects',
    breaks: 'rule 23: objects without cluster.json are no replica',
    file: 'replication/target.ts',
    find: 'if (key.startsWith(PROBE_PREFIX)) continue;',
    replace: 'if (key.length > 0) continue;',
    pinned: ['rule-02 copier'],
  },
  {
    name: 'copier-body-not-verified',
    breaks: 'hole 13: damage is never copied over',
    file: 'replication/copy-slot.ts',
    find: 'decodeSlot(key, bytes, bytes.length)',
    replace: 'decodeSlot(key, bytes.subarray(1), bytes.length)',
    pinned: ['copier damage: a slot that does not verify'],
  },
  {
    name: 'copier-damage-before-its-mark',
    breaks: 'a slot that cannot be read is in the replica behind the LOST slot that counts in its place',
    file: 'replication/copy-slot.ts',
    find: 'if (fetched.marker !== undefined) await write(',
    replace: 'if (fetched.marker !== undefined && slot < 0) await write(',
    pinned: ['copier damage: a slot that was marked lost'],
  },
  {
    name: 'copier-damage-not-told',
    breaks: 'hole 13: damage that nobody accepted stops the stream and is told',
    file: 'replication/copy-slot.ts',
    find: "if (marker?.value.kind !== 'lost') throw damage;",
    replace: "if (marker?.value.kind !== 'lost') return undefined;",
    pinned: ['copier damage: a slot that was marked lost'],
  },
  {
    name: 'copier-lag-of-the-last-look',
    breaks: 'the lag counts from what is in the replica, not from when somebody looked',
    file: 'replication/stream-copy.ts',
    find: 'return this.isLevel ? this.#listedAtMs : this.#lastHlcMs;',
    replace: 'return this.#listedAtMs;',
    pinned: ['copier conflict'],
  },
];

export const copierMutations: readonly Mutation[] = [...ordering, ...guarding];
