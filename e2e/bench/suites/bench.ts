import { randomUUID } from 'node:crypto';
import { mkdir, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaJars } from '../peers/kafka-jars.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { untilServing } from '../peers/serving.ts';
import type { Row } from '../report/row.ts';
import type { Figures } from '../report/spread.ts';
import { run } from './run-command.ts';

/** How long and how often. */
export interface Effort {
  readonly rounds: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** The short selection of cases. */
  readonly quick: boolean;
}

/** What suites work with. */
export interface Bench {
  readonly effort: Effort;
  /** Directory on the disk that is measured. */
  readonly workspace: string;
  /** All who are compared, ours first. */
  readonly peers: readonly Peer[];
  /** Kafka's own tools; undefined where there is no Java. */
  readonly kafka: KafkaJars | undefined;
  /** Version of kcat; undefined where it is not installed. */
  readonly kcat: string | undefined;
  /** Whether a case of this name was asked for. */
  wants(name: string): boolean;
  /** Rows as they are finished. */
  readonly rows: Row[];
  say(text: string): void;
}

/** What a tool measured on one broker. */
export interface Measured {
  readonly command: string;
  readonly figures: Figures;
}

/** A measurement that can be repeated on every broker. */
export interface Tool {
  readonly name: string;
  /** `round` counts from 0. */
  measure(peer: RunningPeer, round: number): Promise<Measured>;
}

/** A broker with a directory of its own. */
export interface Contender {
  readonly peer: Peer;
  readonly directory: string;
  running: RunningPeer;
}

/** Starts each peer in a fresh directory, runs `work`, kills them and empties what they wrote. */
export async function withPeers(
  bench: Bench,
  peers: readonly Peer[],
  work: (contenders: readonly Contender[]) => Promise<void>,
): Promise<void> {
  const contenders: Contender[] = [];
  const root = join(bench.workspace, randomUUID().slice(0, 8));
  try {
    for (const [index, peer] of peers.entries()) {
      const directory = join(root, String(index));
      await mkdir(directory, { recursive: true });
      const running = await peer.launch(directory);
      contenders.push({ peer, directory, running });
      await untilServing(running);
    }
    await work(contenders);
  } finally {
    for (const { running } of contenders) await running.kill();
    await emptyFiles(root);
  }
}

/**
 * Frees the space of all files but leaves them until the whole run is over: ext4 passes over every inode that was deleted in
 * the last minutes when it looks for one, so that who makes many files would pay 1.3 ms for each instead of 0.03.
 */
async function emptyFiles(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await truncate(join(entry.parentPath, entry.name));
  }
}

/**
 * Measures every tool on every contender in turn, round after round; who begins alternates, so that a machine that slows down
 * hits all alike.
 */
export async function pairedRounds(
  bench: Bench,
  about: { readonly suite: string; readonly case: string },
  contenders: readonly Contender[],
  tools: readonly Tool[],
): Promise<void> {
  const measured = new Map<string, { row: Omit<Row, 'rounds' | 'command'>; runs: Measured[] }>();
  for (let round = 0; round < bench.effort.rounds; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const tool of tools) {
      for (const { peer, running } of order) {
        await settleDisk();
        const found = await tool.measure(running, round);
        bench.say(`${about.suite} · ${about.case} · ${peer.name} · ${tool.name}: ${inShort(found.figures)}`);
        const key = `${peer.name} ${tool.name}`;
        const entry = measured.get(key) ?? { row: { ...about, peer: peer.name, tool: tool.name }, runs: [] };
        entry.runs.push(found);
        measured.set(key, entry);
      }
    }
  }
  for (const { row, runs } of measured.values()) {
    bench.rows.push({ ...row, command: runs.at(-1)?.command ?? '', rounds: runs.map(({ figures }) => figures) });
  }
}

/** What the one before wrote must not be written back during the turn of the next. */
async function settleDisk(): Promise<void> {
  await run(['sync']);
}

function inShort(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
    .join(', ');
}
