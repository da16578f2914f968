// make e2e-node: Chronik on a real Kubernetes with real containers and a real S3 server. One line a scenario.
// SCENARIOS=pod,main-job plays these only (`install` always comes first); KUBECONFIG uses that cluster instead of one of our own.
import { byKubectl } from './by-kubectl.ts';
import { install } from './install.ts';
import { startKubernetes, stopOnSignals } from './kubernetes.ts';
import { changes } from './changes.ts';
import { failovers } from './failovers.ts';
import { holes } from './holes.ts';
import { losses } from './losses.ts';
import { mistakes } from './mistakes.ts';
import { outside } from './outside.ts';
import { NotPlayed } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { wide } from './wide.ts';
import { World } from './world.ts';

const ALL: readonly Scenario[] = [...losses, ...changes, ...mistakes, ...holes, ...failovers, outside, wide, byKubectl];

function chosen(): readonly Scenario[] {
  const names = (process.env['SCENARIOS'] ?? '').split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !ALL.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    console.error(`SCENARIOS: ${unknown} is not one of ${ALL.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  return [install, ...ALL.filter(({ name }) => names.length === 0 || names.includes(name))];
}

type Outcome = 'passed' | 'failed' | 'not played';

/** Plays one and prints its line. */
async function play({ name, what, play: run }: Scenario, world: World): Promise<Outcome> {
  const startedMs = performance.now();
  const line = (mark: string, note: string): void => {
    const took = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    console.log(`${mark} ${name.padEnd(20)} ${what.padEnd(56)} ${took.padStart(8)}  ${note}`);
  };
  try {
    line('✔', await run(world));
    return 'passed';
  } catch (error) {
    const played = !(error instanceof NotPlayed);
    line(played ? '✘' : '–', error instanceof Error ? error.message : String(error));
    return played ? 'failed' : 'not played';
  }
}

const scenarios = chosen();
const kube = await startKubernetes();
stopOnSignals(kube);
const outcomes: Outcome[] = [];
try {
  const world = new World(kube);
  for (const scenario of scenarios) {
    outcomes.push(await play(scenario, world));
    // Nothing can happen to what is not there.
    if (scenario === install && outcomes.at(-1) !== 'passed') break;
  }
} finally {
  const passed = outcomes.filter((outcome) => outcome === 'passed').length;
  const left = outcomes.filter((outcome) => outcome === 'not played').length;
  const failed = scenarios.length - passed - left;
  await kube.stop(failed > 0);
  if (failed > 0) console.log(`logs: ${kube.folder}/log`);
  console.log(`${left > 0 ? `${left} not played, ` : ''}${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
