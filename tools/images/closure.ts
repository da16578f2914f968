// Which installed packages a workspace needs at run time, by package-lock.json: what Node would find, nothing else.

interface LockEntry {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** Paths in the lock file (`node_modules/x`, ...), in order. `installed` says which of the optional ones are there. */
export function runtimePackages(
  lock: LockFile,
  workspace: string,
  installed: (path: string) => boolean,
): readonly string[] {
  const found = new Set<string>();
  const queue = [workspace];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const entry = lock.packages[path] ?? {};
    for (const [name, optional] of needs(entry)) {
      const target = resolve(lock, path, name);
      if (target === undefined || !installed(target)) {
        if (optional) continue;
        throw new Error(`${path} needs ${name}, which is not installed: run npm ci`);
      }
      if (found.has(target)) continue;
      found.add(target);
      queue.push(target);
    }
  }
  return [...found].toSorted();
}

function needs(entry: LockEntry): readonly (readonly [name: string, optional: boolean])[] {
  const optionalPeers = entry.peerDependenciesMeta ?? {};
  return [
    ...Object.keys(entry.optionalDependencies ?? {}).map((name) => [name, true] as const),
    ...Object.keys(entry.dependencies ?? {}).map((name) => [name, name in (entry.optionalDependencies ?? {})] as const),
    ...Object.keys(entry.peerDependencies ?? {}).map((name) => [name, optionalPeers[name]?.optional === true] as const),
  ];
}

/** Where Node looks: beside the package, then in every node_modules above it. */
function resolve(lock: LockFile, from: string, name: string): string | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const candidate = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (lock.packages[candidate] !== undefined) return candidate;
    if (base === '') return undefined;
    if (!base.includes('/node_modules/')) {
      const top = `node_modules/${name}`;
      return lock.packages[top] === undefined ? undefined : top;
    }
  }
}
