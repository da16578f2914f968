// A folder as an image archive of one layer, which `ctr images import`, `docker load` and `podman load` read.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface ImageConfig {
  readonly User?: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

export interface Layer {
  readonly bytes: number;
  readonly digest: string;
}

/** Packs `work/rootfs` under the name `tag`. The same files give the same bytes. */
export function writeArchive(work: string, tag: string, config: ImageConfig, archive: string): Layer {
  const rootfs = join(work, 'rootfs');
  execFileSync('chmod', ['1777', join(rootfs, 'tmp')]);
  execFileSync('chmod', ['-R', 'go+rX', rootfs]);
  pack(rootfs, join(work, 'layer.tar'), ['.']);
  const layer = readFileSync(join(work, 'layer.tar'));
  const digest = createHash('sha256').update(layer).digest('hex');
  const description = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{ created: '1970-01-01T00:00:00Z' }],
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(description));
  const manifest = [{ Config: 'config.json', RepoTags: [tag], Layers: ['layer.tar'] }];
  writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
  mkdirSync(dirname(archive), { recursive: true });
  pack(work, archive, ['manifest.json', 'config.json', 'layer.tar']);
  return { bytes: layer.length, digest };
}

/** A tar that depends on nothing but the files. */
function pack(folder: string, archive: string, entries: readonly string[]): void {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  execFileSync('tar', ['-C', folder, ...same, '-cf', archive, ...entries]);
}
