// make e2e-node: Chronik on a real Kubernetes with real containers and a real S3 server. One line a scenario.
// SCENARIOS=pod,main-job plays these only (`install` always comes first); KUBECONFIG uses that cluster instead of one of our own.
import { install } from './install.ts';
import { startKubernetes } from './kubernetes.ts';
import { losses } from './losses.ts';
import type { Scenario } from './scenario.ts';
import { World } from './world.ts';

const ALL: readonly Scenario[] = losses;

function chosen(): readonly Scenario[] {
  const names = (process.env['SCENARIOS'] ?? '').split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !ALL.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    throw new Error(`SCENARIOS: ${unknown} is not one of ${ALL.map(({ name }) => name).join(', ')}`);
  }
  return [install, ...ALL.filter(({ name }) => names.length === 0 || names.includes(name))];
}

/** Plays one and prints its line. Answers whether it passed. */
async function play({ name, what, play: run }: Scenario, world: World): Promise<boolean> {
  const startedMs = performance.now();
  const line = (mark: string, note: string): void => {
    const took = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    console.log(`${mark} ${name.padEnd(20)} ${what.padEnd(56)} ${took.padStart(8)}  ${note}`);
  };
  try {
    line('✔', await run(world));
    return true;
  } catch (error) {
    line('✘', error instanceof Error ? error.message : String(error));
    return false;
  }
}

const scenarios = chosen();
const kube = await startKubernetes();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void kube.stop(false).then(() => process.exit(130)));
}
let passed = 0;
try {
  const world = new World(kube);
  for (const scenario of scenarios) {
    if (await play(scenario, world)) passed += 1;
    else if (scenario === install) break;
  }
} finally {
  const failed = scenarios.length - passed;
  await kube.stop(failed > 0);
  if (failed > 0) console.log(`logs: ${kube.folder}/log`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
