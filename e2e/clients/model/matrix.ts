import type { Operation, Phase } from './operations.ts';

/** What became of one operation of one client in one phase. */
export type Outcome =
  | { readonly kind: 'passed'; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'not-applicable'; readonly reason: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** Outcomes by client, operation and phase. */
export class Matrix {
  readonly #outcomes = new Map<string, Outcome>();

  record(client: string, operation: Operation, phase: Phase, outcome: Outcome): void {
    this.#outcomes.set(`${client} ${operation} ${phase}`, outcome);
  }

  outcome(client: string, operation: Operation, phase: Phase): Outcome | undefined {
    return this.#outcomes.get(`${client} ${operation} ${phase}`);
  }

  count(kind: Outcome['kind']): number {
    return [...this.#outcomes.values()].filter((outcome) => outcome.kind === kind).length;
  }
}
