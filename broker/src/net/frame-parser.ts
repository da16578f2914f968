import { ChronikError } from '../edge/index.ts';

const SIZE_BYTES = 4;
/** API key, version and correlation id: no request is shorter. */
const SMALLEST_PAYLOAD_BYTES = 8;

/** The bytes of a connection are not requests, or are too many. */
export class FrameError extends ChronikError {
  constructor(sizeBytes: number, maxBytes: number) {
    const range = `${SMALLEST_PAYLOAD_BYTES} to ${maxBytes}`;
    super('FRAME_SIZE', `A request claims a size of ${sizeBytes} bytes; allowed are ${range}`, {
      remedy:
        'Check that the other side speaks the Kafka protocol (not TLS or HTTP); raise socket.request.max.bytes if it does.',
      details: { sizeBytes, maxBytes },
    });
  }
}

export interface FrameSink {
  /** A whole request without its size. False = take no more until `advance` is called. */
  frame(payload: Buffer): boolean;
  /** Whether there is room for a request (the key is undefined if it is not here yet). False = `advance` is called later. */
  admit(sizeBytes: number, apiKey: number | undefined): boolean;
  /** Memory is taken for a request that was admitted and whose end is not here yet. */
  begin(sizeBytes: number): void;
}

/**
 * Cuts the bytes of a connection into requests. A request that lies within one chunk is a view of it; one that does not is
 * gathered in a buffer of its own, which is not made before the size is known to be allowed.
 *
 *     bytes = (size(int32) payload)*
 */
export class FrameParser {
  readonly #sink: FrameSink;
  readonly #maxBytes: number;
  /** Chunks that are not used up; more than one only while the sink takes nothing. */
  readonly #chunks: Buffer[] = [];
  /** Next byte of the first chunk. */
  #at = 0;
  /** Bytes of a size that was cut in two. */
  #sizeBytesSeen = 0;
  #size = 0;
  /** The request being gathered, and how much of it is there. */
  #gathering: Buffer | undefined;
  #gathered = 0;

  constructor(sink: FrameSink, maxBytes: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  /** Lets go of everything: a handler that still waits for the client of a closed connection must not hold its bytes. */
  clear(): void {
    this.#chunks.length = 0;
    this.#gathering = undefined;
  }

  /** Takes a chunk, without cutting it up yet. */
  push(chunk: Buffer): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /** Cuts up what is there until the sink wants no more. Throws FrameError. */
  advance(): void {
    for (;;) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return;
      if (this.#at === chunk.length) {
        this.#chunks.shift();
        this.#at = 0;
      } else if (!this.#step(chunk)) {
        return;
      }
    }
  }

  /** One step through the chunk; false if the sink wants no more. */
  #step(chunk: Buffer): boolean {
    if (this.#gathering !== undefined) return this.#gather(this.#gathering, chunk);
    if (this.#sizeBytesSeen < SIZE_BYTES) {
      this.#readSize(chunk);
      return true;
    }
    const size = this.#size;
    const left = chunk.length - this.#at;
    if (!this.#sink.admit(size, left >= 2 ? chunk.readInt16BE(this.#at) : undefined)) return false;
    if (left >= size) {
      const payload = chunk.subarray(this.#at, this.#at + size);
      this.#at += size;
      this.#sizeBytesSeen = 0;
      return this.#sink.frame(payload);
    }
    this.#sink.begin(size);
    this.#gathering = Buffer.allocUnsafeSlow(size);
    this.#gathered = 0;
    return true;
  }

  #readSize(chunk: Buffer): void {
    if (this.#sizeBytesSeen === 0 && chunk.length - this.#at >= SIZE_BYTES) {
      this.#size = chunk.readInt32BE(this.#at);
      this.#at += SIZE_BYTES;
      this.#sizeBytesSeen = SIZE_BYTES;
    } else {
      this.#size = (this.#size << 8) | (chunk[this.#at] as number);
      this.#at++;
      this.#sizeBytesSeen++;
    }
    if (this.#sizeBytesSeen < SIZE_BYTES) return;
    if (this.#size < SMALLEST_PAYLOAD_BYTES || this.#size > this.#maxBytes) {
      throw new FrameError(this.#size, this.#maxBytes);
    }
  }

  #gather(gathering: Buffer, chunk: Buffer): boolean {
    const copied = chunk.copy(gathering, this.#gathered, this.#at);
    this.#at += copied;
    this.#gathered += copied;
    if (this.#gathered < gathering.length) return true;
    this.#gathering = undefined;
    this.#sizeBytesSeen = 0;
    return this.#sink.frame(gathering);
  }
}
