import { ChronikError } from '../edge/index.ts';

/** Exit codes of the process; also in docs/operations.md. */
export const ExitCode = {
  ok: 0,
  /** A refusal or a failure; the message says which. */
  failed: 1,
  /** The command line or a setting is wrong. */
  usage: 2,
  /** This writer was fenced: another incarnation has taken over. Starting again is right. */
  fenced: 3,
} as const;

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof ChronikError)) return ExitCode.failed;
  if (error.code === 'FENCED') return ExitCode.fenced;
  return error.code.startsWith('SETTING_') || error.code === 'UNKNOWN_BACKEND' ? ExitCode.usage : ExitCode.failed;
}

/** What a person reads when the process gives up: the thing, the code, the remedy. A stack only for what is a bug. */
export function explain(error: unknown): string {
  if (error instanceof ChronikError) {
    const lines = [`chronik: ${error.message}`, `  code:   ${error.code}`];
    if (error.remedy !== '') lines.push(`  remedy: ${error.remedy}`);
    return lines.join('\n');
  }
  if (error instanceof Error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== undefined && 'syscall' in error) return `chronik: ${error.message}\n  code:   ${code}`;
    return `chronik: unexpected error, please report it\n${error.stack ?? error.message}`;
  }
  return `chronik: unexpected error, please report it: ${String(error)}`;
}
