type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** One JSON object a line. Errors among the fields become their messages. */
export function jsonLog(write: (line: string) => void, nowMs: () => number): Log {
  const log = (level: string, message: string, fields: Fields = {}): void => {
    const plain = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? value.message : value]),
    );
    write(`${JSON.stringify({ time: new Date(nowMs()).toISOString(), level, message, ...plain })}\n`);
  };
  return {
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
  };
}
