export type { Clock, Timer } from './clock.ts';
export { sleep } from './clock.ts';
export type { Random } from './random.ts';
export { randomHex, randomUuid } from './random.ts';
export { ChronikError, InvariantError, hasCode, invariant } from './errors.ts';
export type { Disk, DiskEntry, DiskFile, DiskLock } from './disk.ts';
export type { Connection, Listener, Transport } from './transport.ts';
export type { Logger } from './log.ts';
export { silentLogger } from './log.ts';
