// The one place that sets protobufjs up. `generated.js` takes its runtime from here, so nothing is decoded before it.
//
// 64-bit fields are plain numbers on both sides, and only safe integers pass. Unguarded, protobufjs encodes a bigint
// as 0 and rounds what lies beyond 2^53, both in silence: a slot chained to the wrong predecessor, an offset lost.
import protobuf from 'protobufjs/minimal.js';

const SIGNED = ['int64', 'sint64', 'sfixed64'] as const;
const UNSIGNED = ['uint64', 'fixed64'] as const;

type Scalar = (typeof SIGNED)[number] | (typeof UNSIGNED)[number];
type Packed = `${Scalar}s`;
type Patched = { [K in Scalar | Packed]: (this: unknown, value?: unknown) => unknown };

/** Throws unless `value` is a safe integer (and not negative where the field is unsigned). */
function checkInteger(value: unknown, unsigned: boolean, doing: string): void {
  if (typeof value !== 'number') {
    throw new TypeError(`protobuf: ${doing} takes a number, got ${typeof value} ${String(value)}; convert it first`);
  }
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`protobuf: ${doing} holds safe integers only (below 2^53), got ${value}`);
  }
  if (unsigned && value < 0) {
    throw new RangeError(`protobuf: ${doing} is unsigned, got ${value}`);
  }
}

function guardWriter(prototype: Patched, scalar: Scalar, unsigned: boolean): void {
  const writeOne = prototype[scalar];
  const writeMany = prototype[`${scalar}s`];
  prototype[scalar] = function write(value) {
    checkInteger(value, unsigned, `encoding ${scalar}`);
    return writeOne.call(this, value);
  };
  prototype[`${scalar}s`] = function writePacked(values) {
    for (const value of values as Iterable<unknown>) {
      checkInteger(value, unsigned, `encoding ${scalar}`);
    }
    return writeMany.call(this, values);
  };
}

function guardReader(prototype: Patched, scalar: Scalar, unsigned: boolean): void {
  const readOne = prototype[scalar];
  const readMany = prototype[`${scalar}s`];
  prototype[scalar] = function read() {
    const value = readOne.call(this);
    checkInteger(value, unsigned, `decoding ${scalar}`);
    return value;
  };
  prototype[`${scalar}s`] = function readPacked(into) {
    const values = readMany.call(this, into);
    for (const value of values as Iterable<unknown>) {
      checkInteger(value, unsigned, `decoding ${scalar}`);
    }
    return values;
  };
}

function configureNumbers(): void {
  // Typed as never null, yet documented: without Long the readers return numbers.
  (protobuf.util as { Long: unknown }).Long = null;
  protobuf.configure();
  // Off by default in protobufjs 8: a field of a newer version would vanish without a trace, and nobody could refuse it.
  protobuf.Reader.discardUnknown = false;
  const writer = protobuf.Writer.prototype as unknown as Patched;
  const reader = protobuf.Reader.prototype as unknown as Patched;
  for (const scalar of SIGNED) {
    guardWriter(writer, scalar, false);
    guardReader(reader, scalar, false);
  }
  for (const scalar of UNSIGNED) {
    guardWriter(writer, scalar, true);
    guardReader(reader, scalar, true);
  }
}

configureNumbers();

export { protobuf };
