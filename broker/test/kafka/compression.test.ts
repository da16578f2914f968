import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Compression, KafkaCodecError, compress, decompress } from '../../src/kafka/index.ts';
import { compressedInputs } from './compressed-inputs.ts';
import { readVectors } from './reference-data.ts';

const SEED = 20_260_102;
const codecs: readonly Compression[] = ['gzip', 'snappy', 'lz4', 'zstd'];

interface Vector {
  readonly codec: Compression;
  readonly label: string;
  readonly input: Buffer;
  readonly compressed: Buffer;
}

const vectors: readonly Vector[] = readVectors('compressed.txt').map((line) => {
  const [codec = '', variant = '', name = '', hex = ''] = line.split(' ');
  const input = compressedInputs.get(name);
  assert.ok(input, name);
  return {
    codec: codec as Compression,
    label: `${codec} ${variant} ${name}`,
    input,
    compressed: Buffer.from(hex, 'hex'),
  };
});

function isCodecError(error: unknown): boolean {
  assert.ok(error instanceof KafkaCodecError, String(error));
  return error.code === 'KAFKA_DECOMPRESSION';
}

test('what the libraries of real clients compress is read', () => {
  assert.ok(vectors.length > 60);
  for (const { codec, label, input, compressed } of vectors) {
    assert.ok(decompress(codec, compressed).equals(input), label);
  }
});

test('every codec gives back what it was given', () => {
  const block = fc.uint8Array({ maxLength: 300 });
  // Repetition at several distances, so that matches of all kinds appear.
  const input = fc
    .tuple(fc.array(block, { maxLength: 5 }), fc.array(fc.nat({ max: 4 }), { maxLength: 400 }))
    .map(([blocks, order]) => Buffer.concat(order.map((i) => Buffer.from(blocks[i] ?? [i]))));
  for (const codec of codecs) {
    fc.assert(
      fc.property(input, (bytes) => {
        assert.ok(decompress(codec, compress(codec, bytes)).equals(bytes));
      }),
      { numRuns: 60, seed: SEED },
    );
  }
});

test('every codec makes repetitive data smaller, and random data hardly larger', () => {
  const text = compressedInputs.get('text') as Buffer;
  const random = compressedInputs.get('random') as Buffer;
  for (const codec of codecs) {
    assert.ok(compress(codec, text).length * 5 < text.length, codec);
    assert.ok(compress(codec, random).length < random.length + 64, codec);
  }
});

test('more output than allowed is refused', () => {
  for (const { codec, label, input, compressed } of vectors) {
    if (input.length < 2) continue;
    assert.throws(() => decompress(codec, compressed, input.length - 1), isCodecError, label);
    assert.ok(decompress(codec, compressed, input.length).equals(input), label);
  }
});

test('a snappy block that claims an enormous size is refused before room is made for it', () => {
  assert.throws(() => decompress('snappy', Buffer.from('ffffffff0f00', 'hex')), isCodecError);
});

test('compressed data that ends too early is refused, wherever it ends', () => {
  for (const { codec, label, input, compressed } of vectors) {
    const step = Math.max(1, Math.floor(compressed.length / 50));
    for (let end = 1; end < compressed.length; end += step) {
      const cut = compressed.subarray(0, end);
      // The xerial framing has no end mark: cut between blocks it is shorter data, which the record count then belies.
      const isAtXerialBlock = label.includes('xerial') && end <= 16;
      if (isAtXerialBlock) continue;
      let output: Buffer | undefined;
      try {
        output = decompress(codec, cut);
      } catch (error) {
        assert.ok(isCodecError(error), `${label} at ${end}`);
        continue;
      }
      assert.ok(!output.equals(input) || input.length === 0, `${label} at ${end}`);
    }
  }
});

test('damaged compressed data gives something or a KafkaCodecError, never another failure', () => {
  for (const { codec, compressed } of vectors) {
    const step = Math.max(1, Math.floor(compressed.length / 40));
    for (let at = 0; at < compressed.length; at += step) {
      for (const value of [0, 0x0f, 0xf0, 0xff]) {
        const damaged = Buffer.from(compressed);
        damaged[at] = value;
        try {
          decompress(codec, damaged, 1 << 20);
        } catch (error) {
          assert.ok(isCodecError(error));
        }
      }
    }
  }
});

test('no compression hands the bytes on, and empty bytes need no codec', () => {
  const bytes = Buffer.from('as they are');
  assert.equal(decompress('none', bytes), bytes);
  assert.equal(compress('none', bytes), bytes);
  for (const codec of codecs) assert.equal(decompress(codec, Buffer.alloc(0)).length, 0);
});
