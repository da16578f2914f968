import type { PinnedScenario } from '../scenario.ts';
import { producers } from './producers.ts';
import { replicaCopies } from './replica-copies.ts';
import { replicaWatch } from './replica-watch.ts';
import { rule01 } from './rule-01-end-or-damage.ts';
import { rule02 } from './rule-02-whose-store.ts';
import { rule04 } from './rule-04-timelines.ts';
import { rule06 } from './rule-06-claims.ts';
import { rule07 } from './rule-07-epochs.ts';
import { rule09 } from './rule-09-metadata-first.ts';
import { rule11Files } from './rule-11-files-written-over.ts';
import { rule11 } from './rule-11-local-tail.ts';
import { rule12 } from './rule-12-hybrid-time.ts';
import { rule12Cut } from './rule-12-cut.ts';
import { rule13 } from './rule-13-nothing-collected.ts';
import { rule16 } from './rule-16-failed-fsync.ts';
import { rule17 } from './rule-17-intervals.ts';
import { hole13 } from './hole-13-flipped-bit.ts';
import { rule18 } from './rule-18-proof.ts';
import { rule18Broker } from './rule-18-zombie-answers.ts';
import { rule19 } from './rule-19-chain.ts';
import { rule22 } from './rule-22-unclear-answers.ts';
import { rule23 } from './rule-23-boot.ts';

/** Directed runs, one rule each. */
export const pinnedScenarios: readonly PinnedScenario[] = [
  ...rule01,
  ...rule02,
  ...rule04,
  ...rule06,
  ...rule07,
  ...rule09,
  ...rule11,
  ...rule11Files,
  ...rule12,
  ...rule12Cut,
  ...rule13,
  ...rule16,
  ...rule17,
  ...hole13,
  ...rule18,
  ...rule18Broker,
  ...rule19,
  ...rule22,
  ...rule23,
  ...producers,
  ...replicaCopies,
  ...replicaWatch,
];
