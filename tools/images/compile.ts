// compile.ts ROOT WORKSPACE: keeps beside the sources of an image what Node.js and V8 make of them, so that a container starts in half
// the time. Run it with the flags of the image's entry point. Whatever does not fit at run time (another processor, other flags, a changed
// source) is not used, and a folder that cannot be written is left as it is.
import { readdirSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [root = '', workspace = ''] = process.argv.slice(2);
const cache = join(root, '.cache/compiled');
const sources = join(root, workspace, 'src');

// Portable: found by its place beside the sources, wherever they lie and whoever runs them.
const { message } = enableCompileCache({ directory: cache, portable: true });
for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' }).toSorted()) {
  const isModule = name.endsWith('.ts') && !name.endsWith('.d.ts');
  // That one runs as soon as it is loaded.
  if (isModule && name !== 'main.ts') await import(pathToFileURL(join(sources, name)).href);
}
flushCompileCache();
if (readdirSync(cache).length === 0) throw new Error(`${cache}: nothing was kept. ${message ?? ''}`);
