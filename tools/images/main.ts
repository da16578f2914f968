// make images: the images of broker and operator, without docker, a daemon or a base image. The files are those of this
// repository, its installed packages, and the few libraries of this machine (glibc, libstdc++) that Node.js is linked to.
// Writes images/build/NAME.tar, which `ctr images import`, `docker load` and `podman load` read.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type LockFile, runtimePackages } from './closure.ts';

const root = join(import.meta.dirname, '../..');
const VERSION = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }).version;
/** The images' user; the charts and the operator name it, too. */
const USER = 65_532;

interface Image {
  readonly name: string;
  readonly workspace: 'broker' | 'operator';
  readonly environment: readonly string[];
}

const IMAGES: readonly Image[] = [
  // File writes, fsyncs, DNS and compression share libuv's pool.
  { name: 'chronik-broker', workspace: 'broker', environment: ['UV_THREADPOOL_SIZE=16'] },
  { name: 'chronik-operator', workspace: 'operator', environment: [] },
];

/** Left out of packages: nothing reads them at run time. */
const NEEDLESS = /(\.d\.[mc]?ts|\.map|\.md|\.markdown)$/;

function installRuntime(rootfs: string): void {
  copy(process.execPath, join(rootfs, 'usr/local/bin/node'));
  installLibraries(rootfs, process.execPath);
  for (const folder of ['etc', 'proc', 'sys', 'dev', 'run', 'tmp', 'var/lib/chronik']) {
    mkdirSync(join(rootfs, folder), { recursive: true });
  }
  writeFileSync(join(rootfs, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  writeFileSync(join(rootfs, 'etc/passwd'), `root:x:0:0::/:/none\nchronik:x:${USER}:${USER}::/tmp:/none\n`);
  writeFileSync(join(rootfs, 'etc/group'), `root:x:0:\nchronik:x:${USER}:\n`);
}

/** The libraries of this machine that a program or a native module is linked to. */
function installLibraries(rootfs: string, file: string): void {
  const listed = execFileSync('ldd', [file], { encoding: 'utf8' });
  for (const [path] of listed.matchAll(/(?<=^\s|=> )\/\S+/gm)) {
    if (!existsSync(join(rootfs, path))) copy(path, join(rootfs, path));
  }
}

function installWorkspace(rootfs: string, workspace: string): void {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  const target = join(rootfs, 'chronik');
  for (const path of ['package.json', 'LICENSE', `${workspace}/package.json`, `${workspace}/src`]) {
    copy(join(root, path), join(target, path));
  }
  for (const path of runtimePackages(lock, workspace, (name) => existsSync(join(root, name)))) {
    const from = join(root, path);
    cpSync(from, join(target, path), {
      recursive: true,
      dereference: true,
      // Packages inside packages come by themselves, if they are needed.
      filter: (file) => !NEEDLESS.test(file) && !file.slice(from.length).includes('/node_modules'),
    });
    const files = readdirSync(join(target, path), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.node'))) installLibraries(rootfs, join(from, file));
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}

/** A tar that depends on nothing but the files. */
function pack(folder: string, archive: string, entries: readonly string[]): void {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  execFileSync('tar', ['-C', folder, ...same, '-cf', archive, ...entries]);
}

function build(image: Image): string {
  const work = mkdtempSync(join(tmpdir(), 'chronik-image-'));
  try {
    const rootfs = join(work, 'rootfs');
    installRuntime(rootfs);
    installWorkspace(rootfs, image.workspace);
    execFileSync('chmod', ['1777', join(rootfs, 'tmp')]);
    execFileSync('chmod', ['-R', 'go+rX', rootfs]);
    pack(rootfs, join(work, 'layer.tar'), ['.']);
    const layer = readFileSync(join(work, 'layer.tar'));
    const digest = createHash('sha256').update(layer).digest('hex');
    const config = {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        User: `${USER}:${USER}`,
        Env: ['PATH=/usr/local/bin', 'NODE_ENV=production', ...image.environment],
        Entrypoint: ['/usr/local/bin/node', `/chronik/${image.workspace}/src/main.ts`],
        WorkingDir: '/tmp',
        Labels: { 'org.opencontainers.image.version': VERSION, 'org.opencontainers.image.licenses': 'Apache-2.0' },
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
      history: [{ created: '1970-01-01T00:00:00Z' }],
    };
    const manifest = [{ Config: 'config.json', RepoTags: [`${image.name}:${VERSION}`], Layers: ['layer.tar'] }];
    writeFileSync(join(work, 'config.json'), JSON.stringify(config));
    writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
    const archive = join(root, 'images/build', `${image.name}.tar`);
    mkdirSync(dirname(archive), { recursive: true });
    pack(work, archive, ['manifest.json', 'config.json', 'layer.tar']);
    console.log(
      `${image.name}:${VERSION} ${Math.round(layer.length / 2 ** 20)} MiB images/build/${basename(archive)} sha256:${digest}`,
    );
    return archive;
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
  for (const image of IMAGES) build(image);
}
