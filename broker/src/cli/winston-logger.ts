import { createLogger, format, transports } from 'winston';
import type { Logger as Winston } from 'winston';
import type { Logger } from '../edge/index.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `auto`: text if standard output is a terminal, JSON lines otherwise. */
  readonly format: 'auto' | 'text' | 'json';
  /** Also written to this file, as JSON lines. */
  readonly file: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The process's log: to standard output, and to a file if one is named. */
export class WinstonLogger implements Logger {
  readonly #winston: Winston;
  readonly #component: string | undefined;

  constructor(winston: Winston, component?: string) {
    this.#winston = winston;
    this.#component = component;
  }

  /** `beforeLine` is called before each line on standard output: whatever stands in its place on a terminal has to go. */
  static open(options: LogOptions, beforeLine: () => void = () => undefined): WinstonLogger {
    const asText = options.format === 'text' || (options.format === 'auto' && process.stdout.isTTY === true);
    const json = format.combine(format.timestamp(), format(renderErrors)(), format.json());
    const text = format.combine(
      format.timestamp({ format: 'HH:mm:ss.SSS' }),
      format(renderErrors)(),
      format.printf(textLine),
    );
    const file = options.file === undefined ? [] : [new transports.File({ filename: options.file, format: json })];
    const makeRoom = format((info) => {
      beforeLine();
      return info;
    });
    const console = new transports.Console({ format: format.combine(makeRoom(), asText ? text : json) });
    return new WinstonLogger(createLogger({ level: options.level, transports: [console, ...file] }));
  }

  debug(message: string, fields?: Fields): void {
    this.#winston.debug(message, this.#with(fields));
  }

  info(message: string, fields?: Fields): void {
    this.#winston.info(message, this.#with(fields));
  }

  warn(message: string, fields?: Fields): void {
    this.#winston.warn(message, this.#with(fields));
  }

  error(message: string, fields?: Fields): void {
    this.#winston.error(message, this.#with(fields));
  }

  child(component: string): Logger {
    const name = this.#component === undefined ? component : `${this.#component}.${component}`;
    return new WinstonLogger(this.#winston, name);
  }

  #with(fields: Fields | undefined): Record<string, unknown> {
    return this.#component === undefined ? { ...fields } : { component: this.#component, ...fields };
  }
}

/** Errors among the fields become their message and code: a log has no use for stack traces of expected failures. */
function renderErrors(info: Record<string, unknown>): never {
  for (const [name, value] of Object.entries(info)) {
    if (value instanceof Error) {
      info[name] = 'code' in value ? `${String(value.code)}: ${value.message}` : value.message;
    }
  }
  return info as never;
}

function textLine(info: Record<string, unknown>): string {
  const { level, message, timestamp, component, ...fields } = info;
  const where = typeof component === 'string' ? `[${component}] ` : '';
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${textValue(value)}`);
  return `${String(timestamp)} ${String(level).toUpperCase().padEnd(5)} ${where}${String(message)}${rest.join('')}`;
}

function textValue(value: unknown): string {
  if (typeof value === 'string') return /\s/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? 'undefined';
}
