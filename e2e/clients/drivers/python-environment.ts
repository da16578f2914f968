import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../run/cache.ts';
import { runProgram } from '../run/program.ts';

const REQUIREMENTS = fileURLToPath(new URL('../python/requirements.txt', import.meta.url));
const INSTALL_TIMEOUT_MS = 240_000;
const NO_PYTHON = 'Python 3.9 or newer with venv is not installed; on Debian and Ubuntu: apt-get install python3-venv';

export interface PythonEnvironment {
  /** The interpreter that has the clients. */
  readonly python: string;
  /** By package, and that of `python` itself. */
  readonly versions: ReadonlyMap<string, string>;
}

type Found = PythonEnvironment | { readonly missing: string };

let found: Promise<Found> | undefined;

/** A virtual environment with the packages of requirements.txt, made once for each content of that file. */
export function pythonEnvironment(): Promise<Found> {
  found ??= findOrMake();
  return found;
}

async function findOrMake(): Promise<Found> {
  const requirements = await readFile(REQUIREMENTS, 'utf8');
  const digest = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const directory = cacheDirectory(`python-${digest}`);
  const python = join(directory, 'bin', 'python');
  // Written last, so that an installation that was cut short is repeated.
  const complete = join(directory, 'complete');
  if (!existsSync(complete)) {
    try {
      await runProgram('python3', ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 9))']);
    } catch {
      return { missing: NO_PYTHON };
    }
    console.log('  installing the Python clients (once)');
    await rm(directory, { recursive: true, force: true });
    try {
      await runProgram('python3', ['-m', 'venv', directory], { timeoutMs: INSTALL_TIMEOUT_MS });
      await runProgram(python, ['-m', 'pip', 'install', '-q', '-r', REQUIREMENTS], { timeoutMs: INSTALL_TIMEOUT_MS });
    } catch (error) {
      return {
        missing: `the Python clients cannot be installed: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
    await writeFile(complete, '');
  }
  return { python, versions: await installedVersions(python) };
}

async function installedVersions(python: string): Promise<ReadonlyMap<string, string>> {
  const script = [
    'import json, platform',
    'from importlib.metadata import distributions',
    "found = {d.metadata['Name']: d.version for d in distributions()}",
    "print(json.dumps({**found, 'python': platform.python_version()}))",
  ];
  const { stdout } = await runProgram(python, ['-c', script.join('\n')]);
  return new Map(Object.entries(JSON.parse(stdout.toString()) as Record<string, string>));
}
