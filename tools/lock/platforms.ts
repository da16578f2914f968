// Native packages come as one optional package a platform. `npm install` leaves those out of the lock file that its
// registry does not have, and then `npm ci` refuses the lock file on every machine. This completes it: an entry with
// version, operating system and processor is all that npm needs to pass over it, or to fetch it where it belongs.

interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

interface Missing {
  readonly name: string;
  readonly version: string;
  readonly isDev: boolean;
}

/** Optional dependencies with an exact version that have no entry of their own. */
export function missingPlatforms(lock: LockFile): readonly Missing[] {
  return Object.values(lock.packages).flatMap((entry) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => lock.packages[`node_modules/${name}`] === undefined)
      .map(([name, version]) => ({ name, version, isDev: entry.dev === true })),
  );
}

/** The lock file with an entry for each missing platform. Throws on a name that does not tell its platform. */
export function completeLock<T extends LockFile>(lock: T): T {
  const added = missingPlatforms(lock).map(({ name, version, isDev }): [string, LockEntry] => [
    `node_modules/${name}`,
    { version, ...platformOf(name), ...(isDev ? { dev: true } : {}), optional: true },
  ]);
  const sorted = [...Object.entries(lock.packages), ...added].toSorted(([a], [b]) => compareNames(a, b));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

function platformOf(name: string): LockEntry {
  const words = name.split(/[/-]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (cpu === undefined || (os === undefined && cpu !== 'wasm32')) {
    throw new Error(`${name} does not tell its platform: complete package-lock.json by hand`);
  }
  const libc = words.some((word) => word.startsWith('musl')) ? { libc: ['musl'] } : {};
  return { cpu: [cpu], ...libc, ...(os === undefined ? {} : { os: [os] }) };
}
