import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InputOf, Reader, type Schema, Writer, apis, compile } from '../../src/kafka/index.ts';
import { vectorValue } from './message-values.ts';
import { readVectors, wireMessages } from './reference-data.ts';

/** Bytes of kafka-python, which has a schema and a codec of its own; see vectors/make-messages.py. */

const schemas = new Map<string, Schema>();
for (const { schema } of apis.values()) {
  schemas.set(schema.request.name, schema.request).set(schema.response.name, schema.response);
}

function* vectors(): Generator<{ schema: Schema; version: number; hex: string; value: InputOf<Schema> }> {
  for (const line of readVectors('messages.txt')) {
    const [name = '', versionText, hex = ''] = line.split(' ');
    const version = Number(versionText);
    const message = wireMessages.find((candidate) => candidate.name === name);
    const schema = schemas.get(name);
    assert.ok(message && schema, name);
    yield { schema, version, hex, value: vectorValue(message, version) };
  }
}

test('messages encoded by kafka-python are decoded to the values they were made of', () => {
  let count = 0;
  for (const { schema, version, hex, value } of vectors()) {
    const reader = new Reader(Buffer.from(hex, 'hex'));
    const decoded = compile(schema, version).decode(reader);
    assert.equal(reader.remaining, 0, `${schema.name} ${version}`);
    assert.partialDeepStrictEqual(decoded, value, `${schema.name} ${version}`);
    count++;
  }
  assert.ok(count > 400);
});

test('the same values are encoded to the bytes of kafka-python', () => {
  for (const { schema, version, hex, value } of vectors()) {
    const writer = new Writer();
    compile(schema, version).encode(writer, value);
    assert.equal(writer.finishOne().toString('hex'), hex, `${schema.name} ${version}`);
  }
});
