import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protobuf } from '../../src/proto/runtime.ts';

const SIGNED = ['int64', 'sint64', 'sfixed64'] as const;
const UNSIGNED = ['uint64', 'fixed64'] as const;
const ALL = [...SIGNED, ...UNSIGNED] as const;

type Method = (typeof ALL)[number] | `${(typeof ALL)[number]}s`;
type AnyWriter = Record<Method, (value: unknown) => protobuf.Writer>;
type AnyReader = Record<Method, () => unknown>;

const write = (method: Method, value: unknown): Uint8Array =>
  (protobuf.Writer.create() as unknown as AnyWriter)[method](value).finish();
const read = (method: Method, bytes: Uint8Array): unknown =>
  (protobuf.Reader.create(bytes) as unknown as AnyReader)[method]();

const NUMBERS = [0, 1, 127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 48 + 3, Number.MAX_SAFE_INTEGER];
const TOO_BIG = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);

for (const type of ALL) {
  test(`${type}: safe integers come back as numbers, alone and packed`, () => {
    const negatives = UNSIGNED.some((unsigned) => unsigned === type) ? [] : NUMBERS.map((value) => 0 - value);
    const values = [...NUMBERS, ...negatives];
    for (const value of values) {
      assert.equal(read(type, write(type, value)), value);
    }
    assert.deepEqual(read(`${type}s`, write(`${type}s`, values)), values);
    const many = Array.from({ length: 1000 }, (_, index) => index * 2 ** 33);
    assert.deepEqual(read(`${type}s`, write(`${type}s`, many)), many);
  });

  test(`${type}: a bigint is refused instead of being encoded as 0`, () => {
    assert.throws(() => write(type, 5n), /takes a number, got bigint 5/);
    assert.throws(() => write(type, 0n), /takes a number, got bigint 0/);
    assert.throws(() => write(`${type}s`, [1, 5n]), /takes a number, got bigint 5/);
  });

  test(`${type}: strings, fractions and what lies beyond 2^53 are refused`, () => {
    assert.throws(() => write(type, '5'), /takes a number, got string 5/);
    for (const value of [1.5, NaN, Infinity, 2 ** 53, -(2 ** 53)]) {
      assert.throws(() => write(type, value), /safe integers only/);
      assert.throws(() => write(`${type}s`, [value]), /safe integers only/);
    }
  });
}

for (const type of UNSIGNED) {
  test(`${type}: a negative number is refused`, () => {
    assert.throws(() => write(type, -1), /is unsigned, got -1/);
    assert.throws(() => write(`${type}s`, [0, -1]), /is unsigned, got -1/);
  });
}

test('decoding a 64-bit value beyond 2^53 throws instead of rounding', () => {
  for (const type of ['int64', 'uint64', 'sint64'] as const) {
    assert.throws(() => read(type, TOO_BIG), /safe integers only/);
    assert.throws(() => read(`${type}s`, Uint8Array.of(TOO_BIG.length, ...TOO_BIG)), /safe integers only/);
  }
  const fixed = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x40);
  for (const type of ['fixed64', 'sfixed64'] as const) {
    assert.throws(() => read(type, fixed), /safe integers only/);
    assert.throws(() => read(`${type}s`, Uint8Array.of(fixed.length, ...fixed)), /safe integers only/);
  }
});

test('a Buffer and a plain Uint8Array decode alike', () => {
  const bytes = write('int64', -(2 ** 40));
  assert.equal(read('int64', Buffer.from(bytes)), -(2 ** 40));
  assert.equal(read('int64', Uint8Array.from(bytes)), -(2 ** 40));
});

test('a reader keeps fields that it does not know, so that they can be refused', () => {
  assert.equal(protobuf.Reader.create(Uint8Array.of(1)).discardUnknown, false);
});
