import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from './kafka-tools.ts';

/** librdkafka's own performance program is packaged nowhere; kcat is its thinnest user. */
const PROGRAM = 'kcat';

/** Version of kcat and its librdkafka; undefined where it is not installed (Debian: apt-get install kcat). */
export function kcatVersion(): string | undefined {
  const { stdout, error } = spawnSync(PROGRAM, ['-V'], { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  const [, kcat, library] = /Version (\S+) .*librdkafka (\S+)/.exec(stdout) ?? [];
  return kcat === undefined ? undefined : `kcat ${kcat}, librdkafka ${library ?? 'unknown'}`;
}

/** A file of lines, each of which kcat sends as one record; made once. */
export async function linesFile(directory: string, lines: number, lineBytes: number): Promise<string> {
  const path = join(directory, `kcat-${lines}-${lineBytes}.txt`);
  if (existsSync(path)) return path;
  const file = createWriteStream(path);
  const block = `${'x'.repeat(lineBytes)}\n`.repeat(1000);
  for (let written = 0; written < lines; written += 1000) {
    if (!file.write(block)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return path;
}

/** Default settings of librdkafka but acks. */
export function kcatProduce(test: { bootstrap: string; topic: string; acks: number; file: string }): Command {
  const { bootstrap, topic, acks, file } = test;
  return [PROGRAM, '-P', '-q', '-b', bootstrap, '-t', topic, '-X', `acks=${acks}`, '-l', file];
}

/** From the start to the end, printing nothing. */
export function kcatConsume(test: { bootstrap: string; topic: string }): Command {
  return [PROGRAM, '-C', '-q', '-e', '-o', 'beginning', '-f', '', '-b', test.bootstrap, '-t', test.topic];
}
