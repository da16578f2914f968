import type { Random } from '../edge/index.ts';
import { randomHex } from '../edge/index.ts';

/** `{client id or group.instance.id}-{version 4 UUID}`, the form that Kafka gives and tools show. */
export function randomMemberId(random: Random, prefix: string): string {
  const hex = randomHex(random, 32);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `${prefix}-${uuid.join('-')}`;
}
