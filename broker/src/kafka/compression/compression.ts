import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { KafkaCodecError } from '../codec/codec-error.ts';
import type { Compression } from '../record-batch/header.ts';
import { lz4Compress, lz4Decompress } from './lz4.ts';
import { snappyCompress, snappyDecompress } from './snappy.ts';

/** Larger than any batch a broker accepts by default, small enough not to be a bomb. */
export const DEFAULT_MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024;

/**
 * Decompresses the records of a batch. For `none` the input itself is returned. Throws KafkaCodecError for damaged input
 * and for more than `maxBytes` of output, before that much memory is taken.
 */
export function decompress(codec: Compression, input: Buffer, maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES): Buffer {
  // Compaction leaves batches without records behind.
  if (input.length === 0) return input;
  switch (codec) {
    case 'none':
      return input;
    case 'gzip':
      return withZlib(codec, () => gunzipSync(input, { maxOutputLength: maxBytes }));
    case 'snappy':
      return snappyDecompress(input, maxBytes);
    case 'lz4':
      return lz4Decompress(input, maxBytes);
    case 'zstd':
      return withZlib(codec, () => zstdDecompressSync(input, { maxOutputLength: maxBytes }));
  }
}

/** Compresses the records of a batch, in the framing that Kafka's clients expect. For `none` the input itself is returned. */
export function compress(codec: Compression, input: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return input;
    case 'gzip':
      return gzipSync(input);
    case 'snappy':
      return snappyCompress(input);
    case 'lz4':
      return lz4Compress(input);
    case 'zstd':
      return zstdCompressSync(input, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  }
}

function withZlib(codec: Compression, run: () => Buffer): Buffer {
  try {
    return run();
  } catch (error) {
    throw new KafkaCodecError('KAFKA_DECOMPRESSION', `The ${codec} records cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
}
