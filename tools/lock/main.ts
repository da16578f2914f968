// scripts/lock: completes package-lock.json after `npm install` (see platforms.ts); says what it added.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LockFile, completeLock, missingPlatforms } from './platforms.ts';

const path = join(import.meta.dirname, '../../package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8')) as LockFile;
const missing = missingPlatforms(lock);
if (missing.length > 0) writeFileSync(path, `${JSON.stringify(completeLock(lock), undefined, 2)}\n`);
console.log(`package-lock.json: ${missing.length} platform packages added`);
