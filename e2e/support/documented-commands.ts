import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The shell commands of all blocks of a document that are marked with `sh {mark}`, in order. */
export function documentedCommands(document: string, mark: string): string {
  const text = readFileSync(`${ROOT}${document}`, 'utf8');
  const blocks = [...text.matchAll(/^```sh ([\w-]+)\n([\s\S]*?)^```$/gm)];
  const commands = blocks.filter(([, found]) => found === mark).map(([, , body]) => body ?? '');
  if (commands.length === 0) throw new Error(`${document} has no block marked "sh ${mark}"`);
  return commands.join('\n');
}

export interface ShellResult {
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs documented commands as a person would, in an empty directory, stopping at the first failure. The documents' ports are
 * replaced by free ones; `chronik` and the stand-ins for Kafka's tools are on the path.
 */
export function runDocumented(
  commands: string,
  directory: string,
  ports: { readonly kafka: number; readonly http: number },
): Promise<ShellResult> {
  const script = commands.replaceAll('9092', String(ports.kafka)).replaceAll('9095', String(ports.http));
  const path = [`${ROOT}bin`, `${ROOT}e2e/shims`, process.env['PATH'] ?? ''].join(delimiter);
  const shell = spawn(
    'bash',
    ['-euo', 'pipefail', '-c', `trap 'kill -9 $(jobs -p) 2>/dev/null || true' EXIT\n${script}`],
    {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: path,
        HOME: process.env['HOME'],
        CHRONIK_PORT: String(ports.kafka),
        CHRONIK_HTTP_PORT: String(ports.http),
      },
    },
  );
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => (output += chunk));
  }
  return new Promise((resolve, reject) => {
    shell.once('error', reject);
    shell.once('close', (code) => resolve({ code, output }));
  });
}
