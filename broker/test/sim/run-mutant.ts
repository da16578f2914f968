import { mutationNamed } from './mutations/index.ts';
import { pinnedNamed, scenarioNamed } from './scenarios.ts';

/** What a mutated process prints as its last line. */
export interface MutantVerdict {
  readonly caught: boolean;
  /** The scenario (and seed) that noticed, and what it said. */
  readonly by: string;
  /** Pinned scenarios that should have failed and did not. */
  readonly blind: readonly string[];
}

/** Runs what must notice the mutation that this process was loaded with. */
async function judge(name: string): Promise<MutantVerdict> {
  const mutation = mutationNamed(name);
  const blind: string[] = [];
  let by = '';
  for (const beginning of mutation.pinned ?? []) {
    for (const scenario of pinnedNamed(beginning)) {
      const failure = await failureOf(scenario.run());
      if (failure === undefined) blind.push(scenario.name);
      else by ||= `${scenario.name}: ${failure}`;
    }
  }
  if (mutation.scenario !== undefined) {
    const scenario = scenarioNamed(mutation.scenario.name);
    let caught = false;
    for (let seed = 1; seed <= mutation.scenario.seeds && !caught; seed++) {
      const failure = await failureOf(scenario.run(seed));
      if (failure === undefined) continue;
      caught = true;
      by = `${by === '' ? '' : `${by}; `}${scenario.name} seed ${seed}: ${failure}`;
    }
    if (!caught) blind.push(`${scenario.name}, ${mutation.scenario.seeds} seeds`);
  }
  return { caught: blind.length === 0 && by !== '', by, blind };
}

async function failureOf(run: Promise<unknown>): Promise<string | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

process.stdout.write(`${JSON.stringify(await judge(process.env['CHRONIK_SIM_MUTATION'] ?? ''))}\n`);
process.exit(0);
