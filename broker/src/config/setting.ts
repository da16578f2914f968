import { ChronikError } from '../edge/index.ts';

/** How a setting's text becomes a value. `range` bounds are inclusive. */
export type SettingType =
  | { readonly kind: 'text' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'whole'; readonly min: number; readonly max: number }
  | { readonly kind: 'switch' }
  | { readonly kind: 'address' };

/** One row of the table from which parsing, `--help` and docs/configuration.md come. */
export interface Setting {
  /** Name in the environment. */
  readonly env: string;
  /** Long flag without dashes, if there is one; a flag wins over the environment. */
  readonly flag?: string;
  readonly type: SettingType;
  /** Text of the default, or undefined if there is none. */
  readonly default?: string;
  /** Unit of a number, e.g. `ms`, `bytes`. */
  readonly unit?: string;
  readonly meaning: string;
  /** Never printed, logged or put into an error. */
  readonly secret?: boolean;
}

/** `HOST` or `HOST:PORT`; IPv6 hosts in brackets. */
export interface Address {
  readonly host: string;
  readonly port: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings from flags over the environment over defaults; every complaint names the setting, the value, what is allowed. */
export class SettingReader {
  readonly #environment: Environment;
  readonly #flags: Environment;
  readonly #prefix: string;

  /** `prefix` stands before the names in the environment, and in complaints. */
  constructor(environment: Environment, flags: Environment = {}, prefix = '') {
    this.#environment = environment;
    this.#flags = flags;
    this.#prefix = prefix;
  }

  /** How the user knows the setting. */
  nameOf(setting: Setting): string {
    const env = this.#prefix + setting.env;
    return setting.flag === undefined ? env : `${env} (--${setting.flag})`;
  }

  /** The text that is in force, or undefined; an empty environment variable counts as not set. */
  optionalText(setting: Setting): string | undefined {
    const flag = setting.flag === undefined ? undefined : this.#flags[setting.flag];
    if (flag !== undefined) return flag;
    const value = this.#environment[this.#prefix + setting.env];
    return value === undefined || value === '' ? setting.default : value;
  }

  /** True if the user said something, be it the default. */
  isSet(setting: Setting): boolean {
    const value = this.#environment[this.#prefix + setting.env];
    return (
      (value !== undefined && value !== '') || (setting.flag !== undefined && this.#flags[setting.flag] !== undefined)
    );
  }

  text(setting: Setting): string {
    const value = this.optionalText(setting);
    if (value === undefined) {
      throw new ChronikError('SETTING_MISSING', `${this.nameOf(setting)} is not set`, {
        remedy: `Set it: ${setting.meaning}`,
      });
    }
    return value;
  }

  choice<Value extends string>(setting: Setting, values: readonly Value[]): Value {
    const text = this.text(setting);
    const found = values.find((value) => value === text);
    if (found === undefined) throw this.badValue(setting, text, `one of ${values.join(', ')}`);
    return found;
  }

  whole(setting: Setting): number {
    const text = this.text(setting);
    if (setting.type.kind !== 'whole') throw new TypeError(`${setting.env} is not a whole number in the table`);
    const { min, max } = setting.type;
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < min || value > max) {
      const unit = setting.unit === undefined ? '' : ` ${setting.unit}`;
      throw this.badValue(setting, text, `a whole number from ${min} to ${max}${unit}`);
    }
    return value;
  }

  optionalChoice<Value extends string>(setting: Setting, values: readonly Value[]): Value | undefined {
    return this.optionalText(setting) === undefined ? undefined : this.choice(setting, values);
  }

  optionalWhole(setting: Setting): number | undefined {
    return this.optionalText(setting) === undefined ? undefined : this.whole(setting);
  }

  switch(setting: Setting): boolean {
    const text = this.text(setting).toLowerCase();
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    throw this.badValue(setting, text, 'true or false');
  }

  optionalAddress(setting: Setting): Address | undefined {
    const text = this.optionalText(setting);
    if (text === undefined) return undefined;
    const address = parseAddress(text);
    if (address === undefined) throw this.badValue(setting, text, 'HOST or HOST:PORT, with an IPv6 host in brackets');
    return address;
  }

  /** The complaint about a value, for rules that the table cannot express; `allowed` reads on from "is not". */
  badValue(setting: Setting, text: string, allowed: string): ChronikError {
    const shown = setting.secret === true ? 'the value' : `"${text}"`;
    return new ChronikError('SETTING_INVALID', `${this.nameOf(setting)}: ${shown} is not ${allowed}`, {
      remedy: `${setting.meaning}`,
    });
  }
}

/** Parses `HOST`, `HOST:PORT`, `[::1]:PORT`; undefined if it is neither. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined) return undefined;
  const port = match[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { host, port };
}
