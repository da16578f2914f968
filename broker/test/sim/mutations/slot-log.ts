import type { Mutation } from './mutation.ts';

const SLOT_LOG = { name: 'slot-log', seeds: 60 };

/** The seal and what finds it. */
const sealing: readonly Mutation[] = [
  {
    name: 'seal-not-created',
    breaks: 'seal: a successor ends its predecessor before it reads it',
    file: 'log/seal.ts',
    find: 'if (await createSeal(context, stream, end.next, end.next - 1, options.metadataEpoch)) {',
    replace: 'if (options.metadataEpoch >= 0) {',
    scenario: SLOT_LOG,
  },
  {
    name: 'seal-lost-race-counts-as-won',
    breaks: 'seal: only the SEAL that was created ends the stream',
    file: 'log/seal.ts',
    find: "  return outcome === 'ours';",
    replace: "  return outcome !== 'vanished';",
    scenario: SLOT_LOG,
  },
  {
    name: 'seal-never-planted-ahead',
    breaks: 'seal: a sealer terminates against a writer that is always faster',
    file: 'log/seal.ts',
    find: 'const RACES_BEFORE_PLANTING = 3;',
    replace: 'const RACES_BEFORE_PLANTING = 1_000_000;',
    pinned: ['seal: planting ahead'],
  },
  {
    name: 'only-last-epoch-sealed',
    breaks: 'rule 07: every lower epoch is sealed, empty ones too',
    file: 'log/seal.ts',
    find: 'Math.min(epochs[0] ?? range.below, range.claimed ?? range.below)',
    replace: 'epochs.at(-1) ?? range.below',
    pinned: ['rule-07'],
    scenario: SLOT_LOG,
  },
];

/** Who has a name, and what is acked. */
const writing: readonly Mutation[] = [
  {
    name: 'ack-before-prefix',
    breaks: 'prefix ack: slot n is committed when 0..n exist and are ours',
    file: 'log/slot-writer.ts',
    find: '      pending.isStored = true;\n      this.#advance();',
    replace: '      pending.isStored = true;\n      pending.resolve();\n      this.#advance();',
    pinned: ['prefix'],
    scenario: SLOT_LOG,
  },
  {
    name: 'exists-counts-as-ours',
    breaks: 'rule 11: "ours" is the same write id and hash, not the same name',
    file: 'log/slot-create.ts',
    find: "return found.equals(hash) ? 'ours' : 'other';",
    replace: "return found.equals(hash) || hash.length > 0 ? 'ours' : 'other';",
    scenario: SLOT_LOG,
  },
  {
    name: 'write-id-not-random',
    breaks: 'rule 11: write ids are random per process and slot',
    file: 'log/slot-create.ts',
    find: 'const writeId = context.random.bytes(WRITE_ID_BYTES);',
    replace: 'const writeId = Buffer.alloc(WRITE_ID_BYTES, context.broker);',
    pinned: ['rule-11 twins'],
  },
  {
    name: 'window-not-kept',
    breaks: 'rule 01: slot n+W is not sent before n is committed',
    file: 'log/slot-writer.ts',
    find: "invariant(this.inFlight < this.window, 'more slots in flight than the window allows', { window: this.window });",
    replace: '',
    pinned: ['rule-01 window'],
  },
  {
    name: 'window-larger-than-claimed',
    breaks: 'rule 01: the writer keeps the W that its claim names',
    file: 'log/claim.ts',
    find: '        stream,\n        window,\n        claimHash',
    replace: '        stream,\n        window: window * 8,\n        claimHash',
    pinned: ['rule-01 window'],
    scenario: SLOT_LOG,
  },
  {
    name: 'claim-skips-on-vanished',
    breaks: 'rule 06: claims are dense and advance only on exists',
    file: 'log/claim.ts',
    find: "if (outcome === 'theirs' || outcome === 'damaged') epoch += 1;",
    replace: "if (outcome !== 'ours') epoch += 1;",
    pinned: ['rule-06 dense'],
  },
  {
    name: 'claim-leaves-a-gap',
    breaks: 'rule 06: a claimant starts at highest seen + 1',
    file: 'log/claim.ts',
    find: 'let epoch = aboveEpoch + 1;',
    replace: 'let epoch = aboveEpoch + 2;',
    scenario: SLOT_LOG,
  },
];

/** Unclear answers of the store. */
const answers: readonly Mutation[] = [
  {
    name: 'no-answer-counts-as-created',
    breaks: 'rule 22: an ambiguous PUT is settled by reading the name back',
    file: 'store/patient-store.ts',
    find: "if (error instanceof StoreError && error.kind === 'ambiguous') return 'unknown';",
    replace: "if (error instanceof StoreError && error.kind === 'ambiguous') return 'created';",
    pinned: ['rule-22 lost request'],
    scenario: SLOT_LOG,
  },
  {
    name: 'own-landed-put-fences',
    breaks: 'rule 22: every "exists" is read back, it may be our own',
    file: 'store/patient-store.ts',
    find: "if (found === 'ours') return { outcome: 'created' };",
    replace: "if (found === 'ours') return { outcome: 'exists', existing: Buffer.alloc(0) };",
    pinned: ['rule-22 lost answer'],
    scenario: SLOT_LOG,
  },
  {
    name: 'vanished-name-taken-again',
    breaks: 'rule 22: exists, then absent, fences the writer',
    file: 'store/patient-store.ts',
    find: "if (answer === 'exists') return { outcome: 'vanished' };",
    replace: '',
    pinned: ['rule-22 vanished'],
  },
];

/** Reading: end or damage, the chain, checksums, time. */
const reading: readonly Mutation[] = [
  {
    name: 'every-gap-is-an-end',
    breaks: 'rule 01: a missing slot that was committed is damage',
    file: 'log/gap.ts',
    find: 'return committed < at ? undefined : { from: at, to: Math.min(committed, firstAbove - 1) };',
    replace: 'return committed < at || at > 0 ? undefined : { from: at, to: at };',
    pinned: ['rule-01 damage', 'rule-01 committed-through'],
  },
  {
    name: 'committed-through-ignored',
    breaks: 'rule 01: every slot says what was committed when it was frozen',
    file: 'log/gap.ts',
    find: 'committed = Math.max(committed, slot.header.committedThrough);',
    replace: '',
    pinned: ['rule-01 committed-through'],
  },
  {
    name: 'gap-not-read-again',
    breaks: 'rule 01: damage needs a GET after the evidence that still finds nothing',
    file: 'log/gap.ts',
    find: "return late === undefined ? { kind: 'damaged', missing } : { kind: 'present', slot: late };",
    replace:
      "return late === undefined || missing !== undefined ? { kind: 'damaged', missing } : { kind: 'present', slot: late };",
    pinned: ['rule-01 late'],
  },
  {
    name: 'planted-seal-is-evidence',
    breaks: 'rule 01: a SEAL ahead says nothing of the slots before it',
    file: 'log/gap.ts',
    find: "if (slot.kind !== 'seal') committed = Math.max(committed, listed.slot - window);",
    replace: 'committed = Math.max(committed, listed.slot - window);',
    pinned: ['rule-01 planted'],
  },
  {
    name: 'slots-in-flight-are-evidence',
    breaks: 'rule 01: only a slot W or more beyond the gap proves that the gap was committed',
    file: 'log/gap.ts',
    find: 'committed = Math.max(committed, listed.slot - window);',
    replace: 'committed = Math.max(committed, listed.slot - 1);',
    pinned: ['rule-01 end'],
    scenario: SLOT_LOG,
  },
  {
    name: 'chain-not-verified',
    breaks: 'chain: every slot names the hash of the one before it',
    file: 'log/walk.ts',
    find: 'if (this.#expectedHash === undefined || found.equals(this.#expectedHash)) return;',
    replace: 'if (found.length > 0) return;',
    pinned: ['chain', 'rule-19 checkpoint'],
  },
  {
    name: 'body-checksum-ignored',
    breaks: 'checksums: every section of a slot is verified when it is read',
    file: 'log/slot-codec.ts',
    find: "if (crc32c(body) !== trailer.checksums.body) throw new CorruptSlotError(key, 'checksum', 'body');",
    replace: '',
    pinned: ['checksum'],
  },
  {
    name: 'read-time-not-merged',
    breaks: 'rule 12: hybrid time runs ahead of everything that was read',
    file: 'log/slot-reader.ts',
    find: 'context.hlc.merge(found.header.lastHlc);',
    replace: '',
    pinned: ['rule-12 merge'],
  },
  {
    name: 'hybrid-time-follows-wall-clock',
    breaks: 'rule 12: hybrid time never goes back',
    file: 'log/hlc.ts',
    find: 'if (wallMs > this.#ms) {',
    replace: 'if (wallMs !== this.#ms) {',
    pinned: ['rule-12 jump'],
  },
];

/** Rule 18. */
const proving: readonly Mutation[] = [
  {
    name: 'open-without-proof',
    breaks: 'rule 18: an answer about the end needs proof that the stream is open',
    file: 'log/slot-writer.ts',
    find: 'return this.#prover.prove(this.#nextSlot);',
    replace: 'return Promise.resolve();',
    pinned: ['rule-18 idle', 'rule-18 begun', 'rule-18 earlier slot'],
    scenario: SLOT_LOG,
  },
  {
    name: 'proof-begun-earlier-counts',
    breaks: 'rule 18: a proof counts only for those who came before it began',
    file: 'log/prove-open.ts',
    find: 'const waiting = (this.#next ??= new Waiting());',
    replace: 'const waiting = this.#underWay ?? (this.#next ??= new Waiting());',
    pinned: ['rule-18 begun'],
  },
  {
    name: 'slot-sent-earlier-proves',
    breaks: 'rule 18: only a slot that was sent after the question proves',
    file: 'log/prove-open.ts',
    find: 'waiting.slotFrozenAfter = nextSlot;',
    replace: 'waiting.slotFrozenAfter = nextSlot - 1;',
    pinned: ['rule-18 earlier slot'],
  },
];

export const slotLogMutations: readonly Mutation[] = [...sealing, ...writing, ...answers, ...reading, ...proving];
