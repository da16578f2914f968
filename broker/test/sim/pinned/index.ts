import type { PinnedScenario } from '../scenario.ts';

/** Directed runs, one rule each. */
export const pinnedScenarios: readonly PinnedScenario[] = [];
