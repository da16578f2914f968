import { randomBytes } from 'node:crypto';
import type { Random } from './random.ts';

/** Cryptographic bytes for ids; `fraction` is for jitter only, so the fast generator is enough there. */
export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  fraction: () => Math.random(),
};
