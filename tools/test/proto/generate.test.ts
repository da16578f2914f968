import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { generate } from '../../proto/generate.ts';

const root = join(import.meta.dirname, '../../..');
const generated = generate({
  protoDir: import.meta.dirname,
  runtime: pathToFileURL(join(root, 'broker/src/proto/runtime.ts')).href,
  root,
});
const temporary = mkdtempSync(join(tmpdir(), 'chronik-generate-test-'));
after(() => rmSync(temporary, { recursive: true }));

interface Codec {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

async function load(): Promise<Codec> {
  const file = join(temporary, 'generated.mjs');
  writeFileSync(file, generated.js);
  const module = (await import(pathToFileURL(file).href)) as { chronik: { fixture: { Outer: Codec } } };
  return module.chronik.fixture.Outer;
}

test('a message with every kind of field comes back as it went in', async () => {
  const Outer = await load();
  const message = {
    baseOffset: 2 ** 40,
    sizes: [1, 2 ** 41],
    payload: Buffer.from('abc'),
    kind: 1,
    lag: { a: 5, b: 2 ** 35 },
    inners: [{ delta: -1 }, { delta: 0, maybe: 0 }],
    text: 'x',
  };
  const decoded = Outer.decode(Outer.encode(message).finish());
  assert.deepEqual(
    JSON.parse(JSON.stringify(decoded)),
    JSON.parse(JSON.stringify({ ...message, inners: [{ delta: -1 }, { maybe: 0 }] })),
  );
});

test('a bigint in a 64-bit field of a message is refused, zero included', async () => {
  const Outer = await load();
  for (const message of [{ baseOffset: 7n }, { baseOffset: 0n }, { inners: [{ delta: 1n }] }, { lag: { a: 1n } }]) {
    assert.throws(() => Outer.encode(message).finish(), /takes a number, got bigint/);
  }
});

test('the module has no default export and takes protobufjs from the configured runtime only', () => {
  assert.doesNotMatch(generated.js, /default\s*[;}]/);
  assert.doesNotMatch(generated.js, /from "protobufjs/);
});

test('declarations: decoded messages nest decoded messages, encoders take plain objects', () => {
  assert.match(generated.dts, /^ *inners: chronik\.fixture\.Inner\[\];$/m);
  assert.match(generated.dts, /^ *inners\?: \(chronik\.fixture\.Inner\.\$Properties\[\]\|null\);$/m);
  assert.match(generated.dts, /^ *baseOffset: number;$/m);
  assert.doesNotMatch(generated.dts, /\bLong\b/);
  assert.match(generated.dts, /First offset\./);
});
