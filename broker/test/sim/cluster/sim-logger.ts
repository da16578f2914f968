import type { Logger } from '../../../src/edge/index.ts';
import type { Scheduler } from '../scheduler.ts';

/** The broker's log lines as part of the trace; text is only made when somebody looks at it. */
export function simLogger(scheduler: Scheduler, name: string): Logger {
  const write = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    if (!scheduler.trace.verbose) return;
    const rest =
      fields === undefined
        ? ''
        : ` ${Object.entries(fields)
            .map(([key, value]) => `${key}=${show(value)}`)
            .join(' ')}`;
    scheduler.note(`${name} ${level}: ${message}${rest}`);
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('WARN'),
    error: write('ERROR'),
    child: () => simLogger(scheduler, name),
  };
}

function show(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}
