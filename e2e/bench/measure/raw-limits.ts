import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { Histogram } from './histogram.ts';
import type { Latency } from './histogram.ts';

/** What the machine itself can do: no broker is faster. */
export interface RawLimit {
  readonly what: string;
  readonly megabytesPerSecond: number;
  readonly operationsPerSecond: number;
  readonly latency: Latency;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Measures for about `seconds` in all; `directory` lies on the disk in question and is removed afterwards. */
export async function measureRawLimits(directory: string, seconds: number): Promise<readonly RawLimit[]> {
  const each = seconds / 7;
  mkdirSync(directory, { recursive: true });
  try {
    return [
      appendAndSync(directory, 16 * KIB, each),
      appendAndSync(directory, 128 * KIB, each),
      appendAndSync(directory, MIB, each),
      createObject(directory, 128 * KIB, each),
      createObject(directory, 8 * MIB, each),
      await loopback(16 * KIB, 64, each),
      await loopback(MIB, 64, each),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One file that grows: the floor under acks=1. */
function appendAndSync(directory: string, sizeBytes: number, seconds: number): RawLimit {
  const body = Buffer.alloc(sizeBytes, 'x');
  const file = openSync(join(directory, `append-${sizeBytes}`), 'a');
  try {
    return repeat(`append + fdatasync ${label(sizeBytes)}`, sizeBytes, seconds, () => {
      writeSync(file, body);
      fdatasyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

/** What a create-once object in a directory costs: the floor under acks=all on a local bucket. */
function createObject(directory: string, sizeBytes: number, seconds: number): RawLimit {
  const body = Buffer.alloc(sizeBytes, 'x');
  const own = openSync(directory, 'r');
  const temporary = join(directory, 'temporary');
  let count = 0;
  try {
    return repeat(`new file, fdatasync, link, directory fsync ${label(sizeBytes)}`, sizeBytes, seconds, () => {
      const file = openSync(temporary, 'wx');
      writeSync(file, body);
      fdatasyncSync(file);
      closeSync(file);
      linkSync(temporary, join(directory, `object-${sizeBytes}-${count}`));
      count += 1;
      fsyncSync(own);
      unlinkSync(temporary);
    });
  } finally {
    closeSync(own);
  }
}

function repeat(what: string, sizeBytes: number, seconds: number, once: () => void): RawLimit {
  const histogram = new Histogram();
  const startMs = performance.now();
  let nowMs = startMs;
  while (nowMs - startMs < seconds * 1000) {
    const beforeMs = nowMs;
    once();
    nowMs = performance.now();
    histogram.record(nowMs - beforeMs);
  }
  return limit(what, sizeBytes, (nowMs - startMs) / 1000, histogram);
}

/** Round trips over TCP within this process: a request of `sizeBytes`, an answer of `answerBytes`. */
async function loopback(sizeBytes: number, answerBytes: number, seconds: number): Promise<RawLimit> {
  const answer = Buffer.alloc(answerBytes);
  const server = createServer({ noDelay: true }, (socket) =>
    countFrames(socket, sizeBytes, () => socket.write(answer)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  const body = Buffer.alloc(sizeBytes);
  const histogram = new Histogram();
  const startMs = performance.now();
  let sentMs = startMs;
  await new Promise<void>((resolve) => {
    countFrames(socket, answerBytes, () => {
      const nowMs = performance.now();
      histogram.record(nowMs - sentMs);
      if (nowMs - startMs >= seconds * 1000) {
        resolve();
        return;
      }
      sentMs = nowMs;
      socket.write(body);
    });
    socket.write(body);
  });
  const elapsedSeconds = (performance.now() - startMs) / 1000;
  socket.destroy();
  server.close();
  return limit(`loopback round trip ${label(sizeBytes)}`, sizeBytes, elapsedSeconds, histogram);
}

function countFrames(socket: Socket, sizeBytes: number, whole: () => void): void {
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    for (; received >= sizeBytes; received -= sizeBytes) whole();
  });
}

function limit(what: string, sizeBytes: number, seconds: number, histogram: Histogram): RawLimit {
  const operationsPerSecond = histogram.count / seconds;
  const megabytesPerSecond = (operationsPerSecond * sizeBytes) / 1e6;
  return { what, megabytesPerSecond, operationsPerSecond, latency: histogram.latency() };
}

function label(sizeBytes: number): string {
  return sizeBytes >= MIB ? `${sizeBytes / MIB} MiB` : `${sizeBytes / KIB} KiB`;
}
