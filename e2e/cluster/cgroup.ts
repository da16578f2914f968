import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const OURS = /^chronik-(\d+)$/;

/** A control group under every hierarchy there is, of version 1 or 2, for the pods of a node. Its name says which process made it. */
export class Cgroup {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  create(): void {
    for (const hierarchy of hierarchies()) {
      const path = join(hierarchy, this.name);
      mkdirSync(path, { recursive: true });
      // Version 1: a new cpuset has neither processors nor memory, and nothing can be put into it before it has.
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        const above = join(hierarchy, file);
        if (hierarchy !== ROOT && existsSync(above)) writeFileSync(join(path, file), readFileSync(above));
      }
    }
    if (!isVersion2()) return;
    for (const controller of ['cpu', 'cpuset', 'memory', 'pids', 'io']) {
      writeFileSync(join(ROOT, 'cgroup.subtree_control'), `+${controller}`);
    }
  }

  /** Once its processes are gone. */
  remove(): void {
    for (const hierarchy of hierarchies()) removeTree(join(hierarchy, this.name));
  }

  /** What runs left behind that were killed. */
  static removeAbandoned(): void {
    for (const hierarchy of hierarchies()) {
      for (const name of readdirSync(hierarchy)) {
        const pid = OURS.exec(name)?.[1];
        if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeTree(join(hierarchy, name));
      }
    }
  }
}

function isVersion2(): boolean {
  return existsSync(join(ROOT, 'cgroup.controllers'));
}

function hierarchies(): readonly string[] {
  if (isVersion2()) return [ROOT];
  return readdirSync(ROOT)
    .map((name) => join(ROOT, name))
    .filter((path) => existsSync(join(path, 'cgroup.procs')));
}

function removeTree(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(path, entry.name));
  }
  rmdirSync(path);
}
