import type { Connection } from '../../src/edge/index.ts';

/** A connection of which the test plays the other side. */
export class FakeConnection implements Connection {
  readonly remote = '10.0.0.9:40000';
  onData: (chunk: Buffer) => void = () => undefined;
  onClose: (error?: Error) => void = () => undefined;
  onDrain: () => void = () => undefined;
  bufferedBytes = 0;
  paused = false;
  state: 'open' | 'ended' | 'destroyed' = 'open';
  /** Whether `write` takes everything at once. */
  fast = true;
  readonly writes: Buffer[] = [];

  write(chunks: readonly Uint8Array[]): boolean {
    this.writes.push(Buffer.concat(chunks));
    if (!this.fast) this.bufferedBytes += this.writes.at(-1)?.length ?? 0;
    return this.fast;
  }

  drain(): void {
    this.bufferedBytes = 0;
    this.onDrain();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  destroy(): void {
    this.state = 'destroyed';
  }

  end(): void {
    this.state = 'ended';
  }

  /** Whole responses (without their sizes) among what was written. */
  payloads(): Buffer[] {
    const all = Buffer.concat(this.writes);
    const payloads: Buffer[] = [];
    for (let at = 0; at < all.length;) {
      const size = all.readInt32BE(at);
      payloads.push(all.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return payloads;
  }
}
