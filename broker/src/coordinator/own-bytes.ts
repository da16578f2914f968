/**
 * A copy that keeps nothing else in memory: neither the request that the bytes came in nor, as Buffer.from does for small ones,
 * the pool of 64 KiB that the copy would share. What members bring stays as long as they do.
 */
export function ownBytes(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}
