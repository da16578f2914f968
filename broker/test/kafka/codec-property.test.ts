import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type InputOf, KafkaCodecError, Reader, Writer, compile } from '../../src/kafka/index.ts';
import type { Schema } from '../../src/kafka/notation.ts';
import { allVersions } from './all-messages.ts';
import { arbitraryMessage } from './arbitrary-message.ts';

/** fast-check's seed is fixed: the same values in every run. */
const SEED = 20_260_101;

function encode(schema: Schema, version: number, value: InputOf<Schema>): Buffer {
  const writer = new Writer(16);
  compile(schema, version).encode(writer, value);
  const { size } = writer;
  const bytes = Buffer.concat(writer.finish());
  assert.equal(size, bytes.length);
  return bytes;
}

test('every version of every message is decoded to what was encoded, with no byte left', () => {
  for (const { schema, version } of allVersions()) {
    const codec = compile(schema, version);
    fc.assert(
      fc.property(arbitraryMessage(schema, version), (value) => {
        const reader = new Reader(encode(schema, version, value));
        assert.deepEqual(codec.decode(reader), value, `${schema.name} v${version}`);
        assert.equal(reader.remaining, 0);
      }),
      { numRuns: 20, seed: SEED },
    );
  }
});

test('a message that ends too early is a KafkaCodecError, wherever it ends', () => {
  for (const { schema, version } of allVersions()) {
    for (const value of fc.sample(arbitraryMessage(schema, version), { numRuns: 2, seed: SEED })) {
      const bytes = encode(schema, version, value);
      for (let end = 0; end < bytes.length; end++) {
        assert.throws(
          () => compile(schema, version).decode(new Reader(bytes.subarray(0, end))),
          KafkaCodecError,
          `${schema.name} v${version} at ${end} of ${bytes.length}`,
        );
      }
    }
  }
});

test('bytes that were changed decode to something or to a KafkaCodecError, never to another failure', () => {
  const values = [-1, 0, 1, 0x7f, 0x80, 0xff];
  for (const { schema, version } of allVersions()) {
    const [value = {}] = fc.sample(arbitraryMessage(schema, version), { numRuns: 1, seed: SEED + 1 });
    const bytes = encode(schema, version, value).subarray(0, 400);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = values[at % values.length] as number;
      damaged[at + 1] = values[(at * 7) % values.length] as number;
      try {
        compile(schema, version).decode(new Reader(damaged));
      } catch (error) {
        assert.ok(error instanceof KafkaCodecError, `${schema.name} v${version} at ${at}: ${String(error)}`);
      }
    }
  }
});

test('random bytes decode to something or to a KafkaCodecError', () => {
  for (const { schema, version } of allVersions()) {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (array) => {
        try {
          compile(schema, version).decode(new Reader(Buffer.from(array)));
        } catch (error) {
          assert.ok(error instanceof KafkaCodecError, `${schema.name} v${version}: ${String(error)}`);
        }
      }),
      { numRuns: 10, seed: SEED },
    );
  }
});
