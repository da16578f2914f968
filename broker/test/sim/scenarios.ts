import { clusterScenario } from './cluster/scenario.ts';
import { copierScenario } from './copier/scenario.ts';
import { failoverScenario } from './failover/scenario.ts';
import { pinnedScenarios } from './pinned/index.ts';
import type { PinnedScenario, Scenario } from './scenario.ts';
import { slotLogScenario } from './slot-log/scenario.ts';

/** Every family of random runs. */
export const scenarios: readonly Scenario[] = [slotLogScenario, clusterScenario, failoverScenario, copierScenario];

export function scenarioNamed(name: string): Scenario {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) {
    throw new Error(
      `There is no scenario ${JSON.stringify(name)}; there are ${scenarios.map((one) => one.name).join(', ')}.`,
    );
  }
  return scenario;
}

/** Pinned scenarios whose name begins so. Throws if there is none: a name that matches nothing checks nothing. */
export function pinnedNamed(beginning: string): readonly PinnedScenario[] {
  const found = pinnedScenarios.filter((one) => one.name.startsWith(beginning));
  if (found.length === 0) throw new Error(`No pinned scenario's name begins with ${JSON.stringify(beginning)}.`);
  return found;
}
