/** Big-endian integers at a place in a buffer, without the cost of bigint. The caller has checked the bounds. */

const TWO_32 = 0x1_0000_0000;

export function int32At(buffer: Buffer, at: number): number {
  return (
    ((buffer[at] as number) << 24) |
    ((buffer[at + 1] as number) << 16) |
    ((buffer[at + 2] as number) << 8) |
    (buffer[at + 3] as number)
  );
}

/** Exact within ±(2^53 - 1); beyond, the nearest double. */
export function int64At(buffer: Buffer, at: number): number {
  return int32At(buffer, at) * TWO_32 + (int32At(buffer, at + 4) >>> 0);
}

/** `value` is a safe integer. */
export function writeInt64At(buffer: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * TWO_32, at + 4);
}
