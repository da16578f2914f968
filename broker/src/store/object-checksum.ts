import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';

/** What a store says of the bytes of a whole object, in base64 as all providers write it. */
export interface ObjectChecksum {
  readonly algorithm: 'crc32c' | 'md5';
  readonly text: string;
}

/** A checksum of bytes that come one after the other. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** Of all bytes so far, as ObjectChecksum.text. */
  text(): string;
}

export function runningChecksum(algorithm: ObjectChecksum['algorithm']): RunningChecksum {
  return algorithm === 'md5' ? new RunningMd5() : new RunningCrc32c();
}

/** CRC-32C as S3 and Google write it: big-endian. `before`: that of the bytes before these. */
export function crc32cText(bytes: Uint8Array, before = 0): string {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32c(bytes, before));
  return checksum.toString('base64');
}

class RunningCrc32c implements RunningChecksum {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32c(bytes, this.#value);
  }

  text(): string {
    return crc32cText(new Uint8Array(0), this.#value);
  }
}

class RunningMd5 implements RunningChecksum {
  readonly #hash: Hash = createHash('md5');

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  text(): string {
    return this.#hash.copy().digest('base64');
  }
}
