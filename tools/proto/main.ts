// scripts/proto            writes broker/src/proto/generated.{js,d.ts}
// scripts/proto --check    writes nothing; fails when the committed files are not what broker/proto/*.proto gives
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from './generate.ts';

const root = join(import.meta.dirname, '../..');
const room = join(root, 'broker/src/proto');
const generated = generate({ protoDir: join(root, 'broker/proto'), runtime: './runtime.ts', root });
const outputs = [
  ['generated.js', generated.js],
  ['generated.d.ts', generated.dts],
] as const;

function isCurrent(name: string, text: string): boolean {
  try {
    return readFileSync(join(room, name), 'utf8') === text;
  } catch {
    return false;
  }
}

if (process.argv.includes('--check')) {
  const stale = outputs.filter(([name, text]) => !isCurrent(name, text)).map(([name]) => `broker/src/proto/${name}`);
  if (stale.length > 0) {
    console.error(`${stale.join(' and ')}: not what broker/proto/*.proto generates. Remedy: scripts/proto`);
    process.exitCode = 1;
  }
} else {
  for (const [name, text] of outputs) {
    // Written beside and renamed, so that nobody imports half a file.
    const beside = join(room, `.${name}.${process.pid}`);
    writeFileSync(beside, text);
    renameSync(beside, join(room, name));
  }
}
