import { parseArgs } from 'node:util';

export interface Arguments {
  /** A tool that cannot be had leaves its column empty instead of failing the run. */
  readonly allowMissing: boolean;
  /** Names of clients; empty for all. The document is written only for all. */
  readonly only: readonly string[];
}

const USAGE = 'usage: make e2e-clients [ARGS="--allow-missing --only NAME --only NAME"]';

/** Reads the command line; throws with the usage for anything unknown. */
export function readArguments(args: readonly string[], names: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: { 'allow-missing': { type: 'boolean' }, only: { type: 'string', multiple: true } },
  });
  const only = values.only ?? [];
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Error(`no client is called ${unknown.join(', ')}; there are ${names.join(', ')}\n${USAGE}`);
  }
  return { allowMissing: values['allow-missing'] ?? false, only };
}
