/** What a run has done, added up over seeds. */
export type Counts = Record<string, number>;

export interface RunReport {
  readonly virtualMs: number;
  readonly events: number;
  /** The same for the same seed, always. */
  readonly traceHash: string;
  readonly counts: Counts;
}

export interface RunOptions {
  readonly onTrace?: (line: string) => void;
}

/** A family of runs: the seed decides everything that happens in one. `run` rejects when an oracle finds a violation. */
export interface Scenario {
  readonly name: string;
  /** Where all scenarios run, this one takes part in one of so many seeds only: it is long. */
  readonly oneSeedOf?: number;
  run(seed: number, options?: RunOptions): Promise<RunReport>;
}

/** A directed run that one rule of the protocol decides; named `rule-NN ...`. It rejects when the rule is broken. */
export interface PinnedScenario {
  readonly name: string;
  run(options?: RunOptions): Promise<void>;
}
