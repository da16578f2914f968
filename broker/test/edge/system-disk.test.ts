import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SystemDisk } from '../../src/edge/index.ts';

describe('system disk', () => {
  const disk = new SystemDisk();
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'chronik-disk-'));
  });
  after(() => {
    rmSync(root, { recursive: true, force: true });
  });

  test('appends are written in call order, small and large mixed', async () => {
    const file = await disk.open(join(root, 'order'), 'append');
    const parts = Array.from({ length: 20 }, (_, index) => Buffer.alloc(index % 2 === 0 ? 10 : 300_000, index));
    await Promise.all(parts.map((part) => file.append([part])));
    await file.sync();
    await file.close();
    assert.ok(Buffer.concat(parts).equals(await disk.readFile(join(root, 'order'))));
  });

  test('one append takes more buffers than one system call can', async () => {
    const path = join(root, 'many-buffers');
    const file = await disk.open(path, 'create');
    const parts = Array.from({ length: 5000 }, (_, index) => Buffer.from([index % 251]));
    await file.append([Buffer.alloc(0), ...parts]);
    await file.append(Array.from({ length: 3000 }, () => Buffer.alloc(1000, 7)));
    await file.close();
    const expected = Buffer.concat([...parts, Buffer.alloc(3_000_000, 7)]);
    assert.ok(expected.equals(await disk.readFile(path)));
  });

  test('a file is written over from its first byte on, small and large mixed, and grows behind its end', async () => {
    const path = join(root, 'over');
    await assert.rejects(disk.open(path, 'overwrite'), { code: 'ENOENT' });
    const first = await disk.open(path, 'create');
    await first.append([Buffer.alloc(300_000, 'a')]);
    await first.close();
    const file = await disk.open(path, 'overwrite');
    await Promise.all([file.append([Buffer.from('b'), Buffer.alloc(200_000, 'b')]), file.append([Buffer.from('c')])]);
    const over = await disk.readFile(path);
    assert.equal(over.length, 300_000);
    assert.equal(over.lastIndexOf('b'), 200_000);
    assert.equal(over.toString('latin1', 200_001, 200_004), 'caa');
    await file.append([Buffer.alloc(100_000, 'd')]);
    assert.equal((await disk.readFile(path)).length, 300_002);
    await file.close();
  });

  test('reads are cut short at the end and empty beyond it', async () => {
    const file = await disk.open(join(root, 'reads'), 'append');
    await file.append([Buffer.from('0123456789')]);
    assert.equal((await file.read(7, 100)).toString(), '789');
    assert.ok(
      (await file.read(0, 1_000_000)).buffer.byteLength < 1_000_000,
      'memory as the file needs it, not as was asked for',
    );
    assert.equal((await file.read(50, 4)).length, 0);
    await file.truncate(4);
    await file.append([Buffer.from('x')]);
    assert.equal((await file.read(0, 100)).toString(), '0123x');
    await file.close();
  });

  test('create, link and directories answer with the codes of the system', async () => {
    const path = join(root, 'a');
    await (await disk.open(path, 'create')).close();
    await assert.rejects(disk.open(path, 'create'), { code: 'EEXIST' });
    await disk.link(path, join(root, 'b'));
    await assert.rejects(disk.link(path, join(root, 'b')), { code: 'EEXIST' });
    await assert.rejects(disk.readFile(join(root, 'none')), { code: 'ENOENT' });
    await assert.rejects(disk.list(join(root, 'none')), { code: 'ENOENT' });
    assert.equal(await disk.size(join(root, 'none')), undefined);
    assert.equal(await disk.makeDirectory(join(root, 'd')), true);
    assert.equal(await disk.makeDirectory(join(root, 'd')), false);
    await disk.syncDirectory(root);
    assert.equal(await disk.remove(path), true);
    assert.equal(await disk.remove(path), false);
    await disk.removeTree(join(root, 'd'));
    await assert.rejects(disk.list(join(root, 'd')), { code: 'ENOENT' });
  });

  test('after a failed sync the file refuses everything (rule 16)', async () => {
    // A pipe-like device cannot be synced: fdatasync on /dev/null fails with EINVAL.
    const file = await disk.open('/dev/null', 'append');
    await assert.rejects(file.sync(), { code: 'DISK_SYNC_FAILED' });
    await assert.rejects(file.append([Buffer.from('x')]), { code: 'DISK_SYNC_FAILED' });
    await assert.rejects(file.sync(), { code: 'DISK_SYNC_FAILED' });
    await file.close();
  });

  test('a lock is exclusive within the process, and free after release', async () => {
    const path = join(root, 'lock');
    const lock = await disk.lock(path, 'first owner');
    assert.ok(lock);
    assert.equal(await disk.lock(path, 'second owner'), undefined);
    assert.equal(await disk.lockOwner(path), 'first owner');
    await lock.release();
    const again = await disk.lock(path, 'second owner');
    assert.ok(again);
    await again.release();
  });

  test('a lock of another process is respected until that process is killed', async () => {
    const path = join(root, 'foreign-lock');
    const door = new URL('../../src/edge/index.ts', import.meta.url).href;
    const script = `import { SystemDisk } from ${JSON.stringify(door)};
      await new SystemDisk().lock(${JSON.stringify(path)}, 'pid ' + process.pid);
      process.stdout.write('held'); process.stdin.resume();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.equal(await disk.lock(path, 'us'), undefined);
    assert.equal(await disk.lockOwner(path), `pid ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await disk.lock(path, 'us');
    assert.ok(lock);
    await lock.release();
  });
});
