import { readFileSync } from 'node:fs';
import type { JsonMessage } from './schema-text.ts';

/** Kafka's own description of its messages, as data. */

export function readData<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`data/${name}`, import.meta.url), 'utf8')) as readonly T[];
}

export const wireMessages = readData<JsonMessage>('wire.json');
export const coordinatorMessages = readData<JsonMessage>('coordinator-records.json');

/** The lines of a file of test vectors. */
export function readVectors(name: string): readonly string[] {
  return readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
}
