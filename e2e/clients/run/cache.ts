import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is downloaded once and used by every run. */
export function cacheDirectory(...names: readonly string[]): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'chronik', ...names);
}
