/** Randomness as the core sees it; seeded in the simulation. */
export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Buffer;
  /** Uniform in [0, 1). */
  fraction(): number;
}

/** `digits` lower-case hex digits. */
export function randomHex(random: Random, digits: number): string {
  return random
    .bytes(Math.ceil(digits / 2))
    .toString('hex')
    .slice(0, digits);
}

/** A Kafka uuid: 16 random bytes as 22 characters of base64url, never starting with `-` (tools read that as a flag). */
export function randomUuid(random: Random): string {
  for (;;) {
    const text = random.bytes(16).toString('base64url');
    if (!text.startsWith('-')) return text;
  }
}
