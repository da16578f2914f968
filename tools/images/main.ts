// make images: the images of broker and operator, without docker, a daemon or a base image. The files are those of this
// repository, its installed packages, and the few libraries of this machine (glibc, libstdc++) that Node.js is linked to.
// Writes images/build/NAME.tar. Arguments name other images than these two: `client`, the Kafka client of the cluster suite, or
// NAME=PROGRAM, a program of this machine with nothing but its libraries. Those are called chronik-e2e/NAME:1.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { writeArchive } from './archive.ts';
import type { ImageConfig } from './archive.ts';
import { ROOT, USER, installBase, installProgram, installSources } from './rootfs.ts';

const VERSION = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string }).version;
const NODE = 'usr/local/bin/node';
/** Where Node.js finds what compile.ts kept. */
const COMPILED = ['NODE_COMPILE_CACHE=/chronik/.cache/compiled', 'NODE_COMPILE_CACHE_PORTABLE=1'];

interface Image {
  readonly tag: string;
  readonly file: string;
  readonly config: ImageConfig;
  readonly install: (rootfs: string) => void;
}

/** A workspace of this repository that Node.js runs. */
function workspace(name: 'broker' | 'operator', environment: readonly string[], flags: readonly string[]): Image {
  return {
    tag: `chronik-${name}:${VERSION}`,
    file: `chronik-${name}.tar`,
    config: nodeConfig([...flags, `/chronik/${name}/src/main.ts`], [...COMPILED, ...environment]),
    install: (rootfs) => {
      installProgram(rootfs, process.execPath, NODE);
      installSources(rootfs, name, [`${name}/package.json`, `${name}/src`]);
      const compile = [join(import.meta.dirname, 'compile.ts'), join(rootfs, 'chronik'), name];
      const { NODE_COMPILE_CACHE: _, ...env } = process.env;
      execFileSync(process.execPath, [...flags, ...compile], { stdio: 'inherit', env });
    },
  };
}

const client: Image = {
  tag: 'chronik-e2e/client:1',
  file: 'chronik-e2e-client.tar',
  config: nodeConfig(['/chronik/e2e/cluster/client/main.ts'], []),
  install: (rootfs) => {
    installProgram(rootfs, process.execPath, NODE);
    const stores = ['buckets', 's3-request'].map((name) => `e2e/stores/${name}.ts`);
    installSources(rootfs, 'node_modules/kafkajs', ['e2e/package.json', 'e2e/cluster/client', ...stores]);
  },
};

function nodeConfig(command: readonly string[], environment: readonly string[]): ImageConfig {
  return {
    User: `${USER}:${USER}`,
    Env: ['PATH=/usr/local/bin', 'NODE_ENV=production', ...environment],
    Entrypoint: [`/${NODE}`, ...command],
    WorkingDir: '/tmp',
    Labels: { 'org.opencontainers.image.version': VERSION, 'org.opencontainers.image.licenses': 'Apache-2.0' },
  };
}

function single(name: string, program: string): Image {
  const path = `usr/local/bin/${name}`;
  return {
    tag: `chronik-e2e/${name}:1`,
    file: `chronik-e2e-${name}.tar`,
    config: { Env: ['PATH=/usr/local/bin'], Entrypoint: [`/${path}`] },
    install: (rootfs) => installProgram(rootfs, program, path),
  };
}

function imageOf(argument: string): Image {
  // As bin/chronik: file writes, fsyncs, DNS and compression share libuv's pool; small heap, large buffers.
  if (argument === 'broker') return workspace('broker', ['UV_THREADPOOL_SIZE=16'], ['--initial-old-space-size=256']);
  if (argument === 'operator') return workspace('operator', [], []);
  if (argument === 'client') return client;
  const [name = '', program = ''] = argument.split('=');
  if (!/^[a-z0-9-]+$/.test(name) || program === '') {
    throw new Error(`${argument}: broker, operator, client or NAME=PROGRAM`);
  }
  return single(name, program);
}

function build({ tag, file, config, install }: Image): void {
  const work = mkdtempSync(join(tmpdir(), 'chronik-image-'));
  try {
    const rootfs = join(work, 'rootfs');
    installBase(rootfs);
    install(rootfs);
    const { bytes, digest } = writeArchive(work, tag, config, join(ROOT, 'images/build', file));
    console.log(`${tag} ${Math.round(bytes / 2 ** 20)} MiB images/build/${basename(file)} sha256:${digest}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.platform !== 'linux') {
  console.error(
    'make images needs Linux: the images contain libraries of this machine. Elsewhere use images/*.Dockerfile.',
  );
  process.exitCode = 2;
} else {
  const asked = process.argv.slice(2);
  for (const argument of asked.length === 0 ? ['broker', 'operator'] : asked) build(imageOf(argument));
}
