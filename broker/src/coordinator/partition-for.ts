/** Java's `String.hashCode`: over UTF-16 code units, in 32-bit arithmetic. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The partition of `__consumer_offsets` that holds a group, and so the group's coordinator: as Kafka computes it. */
export function partitionFor(groupId: string, partitionCount: number): number {
  const hash = javaStringHash(groupId);
  // Math.abs of the smallest 32-bit integer is itself in Java; Kafka's Utils.abs maps it to 0.
  return (hash === -2_147_483_648 ? 0 : Math.abs(hash)) % partitionCount;
}
