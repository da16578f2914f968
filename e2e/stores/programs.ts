import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Stores that anybody can run, each at one exact version, from the registry of its language. */
const MINIO = 'v0.0.0-20260212201848-7aac2a2c5b7c';
const FAKE_GCS_SERVER = 'v1.56.1';
const AZURITE = '3.37.0';

const run = promisify(execFile);

/** Where programs are kept between runs; XDG_CACHE_HOME moves it. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'chronik', 'stores');

/** Builds MinIO from its Go module if it is not there: about ten minutes on two cores. Answers the program's path. */
export function minio(): Promise<string> {
  return goProgram('github.com/minio/minio', MINIO, 'minio');
}

/** Builds fake-gcs-server if it is not there: some minutes. Answers the program's path. */
export function fakeGcsServer(): Promise<string> {
  return goProgram('github.com/fsouza/fake-gcs-server', FAKE_GCS_SERVER, 'fake-gcs-server');
}

/** Installs Azurite if it is not there; 365 MB, which is why it is no dependency of this repository. Answers its script. */
export async function azurite(): Promise<string> {
  const directory = join(cache, `azurite@${AZURITE}`);
  const script = join(directory, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js');
  if (existsSync(script)) return script;
  mkdirSync(directory, { recursive: true });
  say(`installing azurite@${AZURITE}`);
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run('npm', ['install', ...flags, '--prefix', directory, `azurite@${AZURITE}`], { cwd: directory });
  return script;
}

async function goProgram(module: string, version: string, name: string): Promise<string> {
  const directory = join(cache, `${name}@${version}`);
  const program = join(directory, name);
  if (existsSync(program)) return program;
  mkdirSync(directory, { recursive: true });
  say(`building ${module}@${version}; this happens once and takes some minutes`);
  await run('go', ['install', `${module}@${version}`], {
    cwd: directory,
    env: { ...process.env, GOBIN: directory, GOFLAGS: `-p=${process.env['CHRONIK_BUILD_JOBS'] ?? '1'}` },
    maxBuffer: 2 ** 26,
  });
  return program;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
