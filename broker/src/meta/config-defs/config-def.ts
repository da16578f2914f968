/** Kafka's configuration types, as DescribeConfigs names them. */
export type ConfigType = 'boolean' | 'string' | 'int' | 'long' | 'double' | 'list';

/**
 * One row of a table of configurations. Every configuration is honoured, or refused, never ignored:
 * `honoured`: any valid value has its effect · `fixed`: only the default is accepted, since nothing else would be true.
 */
export type ConfigDef = {
  readonly name: string;
  readonly type: ConfigType;
  /** As text; undefined = null, no value. */
  readonly default: string | undefined;
  readonly doc: string;
  /** Smallest and largest number, inclusive. */
  readonly min?: number;
  readonly max?: number;
  /** The only values (of a list: elements) there are. */
  readonly oneOf?: readonly string[];
  /** Set by the settings of the process, shown to clients, not alterable by them. */
  readonly isReadOnly?: boolean;
  /** Of a topic's configuration: the broker configuration that gives its default. */
  readonly brokerName?: string;
} & (
  | { readonly support: 'honoured' }
  /** `because` completes "only the default is supported: ...". */
  | { readonly support: 'fixed'; readonly because: string }
);

export type ConfigTable = ReadonlyMap<string, ConfigDef>;

/** The table by name. */
export function configTable(rows: readonly ConfigDef[]): ConfigTable {
  return new Map(rows.map((row) => [row.name, row]));
}

/** The elements of a list value. */
export function listElements(value: string): readonly string[] {
  return value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** What is wrong with a value, in the words of Kafka's INVALID_CONFIG; undefined if it is accepted. */
export function invalidConfigValue(def: ConfigDef, value: string): string | undefined {
  const wrong = invalidType(def, value) ?? unsupportedValue(def, value);
  return wrong === undefined ? undefined : `Invalid value ${value} for configuration ${def.name}: ${wrong}`;
}

function unsupportedValue(def: ConfigDef, value: string): string | undefined {
  if (def.support === 'honoured' || isSameValue(def, value, def.default ?? '')) return undefined;
  const only = def.default === undefined || def.default === '' ? 'no value' : `only the value ${def.default}`;
  return `this release supports ${only}: ${def.because}`;
}

function isSameValue({ type }: ConfigDef, a: string, b: string): boolean {
  switch (type) {
    case 'boolean':
      return a.trim().toLowerCase() === b.trim().toLowerCase();
    case 'int':
    case 'long':
      return BigInt(a.trim()) === BigInt(b.trim());
    case 'double':
      return Number(a) === Number(b);
    case 'list':
      return listElements(a).join() === listElements(b).join();
    case 'string':
      return a === b;
  }
}

function invalidType(def: ConfigDef, value: string): string | undefined {
  switch (def.type) {
    case 'boolean':
      return /^(true|false)$/i.test(value.trim()) ? undefined : 'Expected value to be either true or false';
    case 'int':
      return invalidWhole(def, value, 2n ** 31n);
    case 'long':
      return invalidWhole(def, value, 2n ** 63n);
    case 'double':
      return value.trim() === '' || Number.isNaN(Number(value))
        ? 'Not a number of type DOUBLE'
        : outOfRange(def, Number(value));
    case 'list':
      return invalidElements(def, listElements(value));
    case 'string':
      return invalidElements(def, [value]);
  }
}

/** Text first, as a bigint: Kafka's longs go beyond 2^53. */
function invalidWhole(def: ConfigDef, value: string, limit: bigint): string | undefined {
  const text = value.trim();
  const isWhole = /^[+-]?\d+$/.test(text);
  const number = isWhole ? BigInt(text.replace(/^\+/, '')) : 0n;
  if (!isWhole || number >= limit || number < -limit) return `Not a number of type ${def.type.toUpperCase()}`;
  return outOfRange(def, Number(number));
}

function outOfRange({ min, max }: ConfigDef, number: number): string | undefined {
  if (min !== undefined && number < min) return `Value must be at least ${min}`;
  if (max !== undefined && number > max) return `Value must be no more than ${max}`;
  return undefined;
}

function invalidElements({ oneOf }: ConfigDef, elements: readonly string[]): string | undefined {
  if (oneOf === undefined || elements.every((element) => oneOf.includes(element))) return undefined;
  return `String must be one of: ${oneOf.join(', ')}`;
}
