import type { Client, ClientActions, Offsets } from '../model/client.ts';
import type { Operation, Phase } from '../model/operations.ts';
import type { Observer } from '../observer/observer.ts';
import type { ClusterLedger, Ledger } from './ledger.ts';

/** The topic that every client writes to and reads. */
export const EXCHANGE = 'exchange';
/** Partitions of a topic that a client creates; later there are MORE_PARTITIONS. */
export const PARTITIONS = 2;
export const MORE_PARTITIONS = 4;
export const RECORDS_PER_PARTITION = 3;

/** One client in one phase. */
export interface Turn {
  readonly client: Client;
  readonly phase: Phase;
  readonly observer: Observer;
  readonly cluster: ClusterLedger;
  /** What this client has done in this phase. */
  readonly ledger: Ledger;
  /** What it had done before the disk was lost; empty in the phase before. */
  readonly kept: Ledger;
}

/** One cell of the table: throws when it is a ✘. */
export interface Step {
  readonly operation: Operation;
  readonly run: (turn: Turn) => Promise<void>;
}

/** The action of the client under test. */
export function act<Name extends keyof ClientActions>(turn: Turn, name: Name): ClientActions[Name] {
  const action: ClientActions[Name] | undefined = turn.client.actions[name];
  if (action === undefined) throw new Error(`${turn.client.name} has no action ${name}, and nobody says why`);
  return action;
}

/** A name of this turn's own, so that no two clients and no two phases meet. */
export function own(turn: Turn, what: string): string {
  return `${what}-${turn.client.name}-${turn.phase}`;
}

export function writerName(turn: Turn, operation: Operation): string {
  return `${turn.client.name}/${turn.phase}/${operation}`;
}

/** Throws unless both are the same when written as JSON. */
export function expectEqual(what: string, seen: unknown, expected: unknown): void {
  const [got, wanted] = [JSON.stringify(seen), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`${what}: ${got} instead of ${wanted}`);
}

export function expectIncludes(what: string, seen: readonly string[], expected: readonly string[]): void {
  const missing = expected.filter((name) => !seen.includes(name));
  if (missing.length > 0) throw new Error(`${what}: ${missing.join(', ')} missing in ${JSON.stringify(seen)}`);
}

export function expectExcludes(what: string, seen: readonly string[], unwanted: Iterable<string>): void {
  const there = [...unwanted].filter((name) => seen.includes(name));
  if (there.length > 0) throw new Error(`${what}: ${there.join(', ')} should be gone`);
}

/** Offsets in the order of their partitions, without partitions that have none. */
export function sorted(offsets: Offsets): readonly (readonly [number, number])[] {
  return [...offsets].filter(([, offset]) => offset >= 0).toSorted(([left], [right]) => left - right);
}
