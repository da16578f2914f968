import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { GoldenFrame } from './golden.ts';
import { mutate } from './mutate.ts';
import { FuzzRandom } from './random.ts';

/** What one connection is going to do; the seed decides all of it. */
export interface Script {
  readonly chunks: readonly Buffer[];
  readonly frames: number;
  /** How it leaves: says goodbye, hangs up, or waits until the broker answered or closed. */
  readonly leave: 'end' | 'destroy' | 'wait';
}

const MOST_FRAMES = 12;

export function scriptOf(seed: number, golden: readonly GoldenFrame[]): Script {
  const random = new FuzzRandom(seed);
  const count = 1 + random.below(MOST_FRAMES);
  const frames = Array.from({ length: count }, () => {
    const { bytes } = random.oneOf(golden);
    return random.chance(0.7) ? mutate(bytes, random, golden) : bytes;
  });
  return {
    chunks: random.chance(0.5) ? [Buffer.concat(frames)] : cut(Buffer.concat(frames), random),
    frames: count,
    leave: random.oneOf(['end', 'destroy', 'wait'] as const),
  };
}

/** Where the bytes are cut says nothing: they are pieces of a stream. */
function cut(bytes: Buffer, random: FuzzRandom): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.below(Math.min(200, bytes.length - at));
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

/** What became of a connection. */
export interface Outcome {
  readonly closedByBroker: boolean;
  readonly receivedBytes: number;
}

/**
 * Plays a script against the broker; resolves when the connection is over. `released` ends the wait of those that neither get an
 * answer nor are closed, as when a frame claims more bytes than come.
 */
export function play(port: number, script: Script, released: () => Promise<void>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let receivedBytes = 0;
    let left = false;
    socket.on('data', (chunk: Buffer) => {
      receivedBytes += chunk.length;
      if (script.leave === 'wait') leave();
    });
    socket.on('connect', () => {
      for (const chunk of script.chunks) socket.write(chunk);
      if (script.leave !== 'wait') leave();
      else void released().then(leave);
    });
    // A connection that the broker resets while we write is what was asked for.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve({ closedByBroker: !left, receivedBytes }));
    function leave(): void {
      if (left) return;
      left = true;
      part(socket, script.leave);
    }
  });
}

function part(socket: Socket, how: Script['leave']): void {
  if (how === 'destroy') socket.destroy();
  else socket.end();
}
