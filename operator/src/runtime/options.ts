/** What the operator process is told from outside. */
export interface OperatorOptions {
  /** Undefined: all namespaces. */
  readonly namespaces: readonly string[] | undefined;
  /** The operator's own namespace: its lease lies there. */
  readonly ownNamespace: string;
  readonly leaseName: string;
  readonly identity: string;
  readonly httpPort: number;
  readonly brokerImage: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable is missing or wrong; the message names it. */
export class OptionError extends Error {}

/** Reads the environment. Throws OptionError. */
export function readOptions(environment: Environment): OperatorOptions {
  const required = (name: string, meaning: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw new OptionError(`${name} is not set: ${meaning}`);
    return value;
  };
  const ownNamespace = required('CHRONIK_OPERATOR_NAMESPACE', "the operator's own namespace");
  const watched = environment['CHRONIK_WATCH_NAMESPACES'] ?? '';
  const port = environment['CHRONIK_OPERATOR_HTTP_PORT'] ?? '8080';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new OptionError(`CHRONIK_OPERATOR_HTTP_PORT: "${port}" is not a port`);
  }
  return {
    namespaces: namespacesOf(watched, ownNamespace),
    ownNamespace,
    leaseName: environment['CHRONIK_OPERATOR_LEASE'] ?? 'chronik-operator',
    identity: required('CHRONIK_OPERATOR_IDENTITY', 'a name that no other operator process has, e.g. of its pod'),
    httpPort: Number(port),
    brokerImage: required('CHRONIK_BROKER_IMAGE', 'image of the brokers of clusters that name none'),
  };
}

/** Without a word: its own namespace; `*`: all; else names separated by commas. */
function namespacesOf(text: string, own: string): readonly string[] | undefined {
  if (text.trim() === '*') return undefined;
  const named = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = named.find((name) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name));
  if (wrong !== undefined) throw new OptionError(`CHRONIK_WATCH_NAMESPACES: "${wrong}" is not a namespace`);
  return named.length === 0 ? [own] : [...new Set(named)];
}
