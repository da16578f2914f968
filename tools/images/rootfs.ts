// What lies inside an image: Node.js, the libraries of this machine that it is linked to, and a workspace with its packages.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type LockFile, runtimePackages } from './closure.ts';

export const ROOT = join(import.meta.dirname, '../..');
/** The images' user; the charts and the operator name it, too. */
export const USER = 65_532;

/** Left out of packages: nothing reads them at run time. */
const NEEDLESS = /(\.d\.[mc]?ts|\.map|\.md|\.markdown)$/;

/** Folders that a container expects, users, and how names are looked up. */
export function installBase(rootfs: string): void {
  for (const folder of ['etc', 'proc', 'sys', 'dev', 'run', 'tmp', 'var/lib/chronik']) {
    mkdirSync(join(rootfs, folder), { recursive: true });
  }
  writeFileSync(join(rootfs, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  writeFileSync(join(rootfs, 'etc/passwd'), `root:x:0:0::/:/none\nchronik:x:${USER}:${USER}::/tmp:/none\n`);
  writeFileSync(join(rootfs, 'etc/group'), `root:x:0:\nchronik:x:${USER}:\n`);
}

/** A program of this machine and the libraries that it is linked to. */
export function installProgram(rootfs: string, program: string, target: string): void {
  copy(program, join(rootfs, target));
  installLibraries(rootfs, program);
}

/** Sources (paths in the repository) and every package that `owner`, a workspace or a package of the lock file, needs to run. */
export function installSources(rootfs: string, owner: string, sources: readonly string[]): void {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as LockFile;
  const target = join(rootfs, 'chronik');
  for (const path of ['package.json', 'LICENSE', ...sources]) copy(join(ROOT, path), join(target, path));
  const isPackage = owner.startsWith('node_modules/');
  const needed = runtimePackages(lock, owner, (name) => existsSync(join(ROOT, name)));
  for (const path of isPackage ? [owner, ...needed] : needed) {
    const from = join(ROOT, path);
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

function installLibraries(rootfs: string, file: string): void {
  for (const path of librariesOf(file)) {
    if (!existsSync(join(rootfs, path))) copy(path, join(rootfs, path));
  }
}

/** Paths of the libraries; none for a program that is linked statically, of which ldd complains. */
function librariesOf(file: string): readonly string[] {
  try {
    const listed = execFileSync('ldd', [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return [...listed.matchAll(/(?<=^\s|=> )\/\S+/gm)].map(([path]) => path);
  } catch (error) {
    const { stderr, stdout } = error as { readonly stderr?: string; readonly stdout?: string };
    if (/not a dynamic executable/.test(`${stderr}${stdout}`)) return [];
    throw error;
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}
