import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Disk, DiskFile } from '../../src/edge/index.ts';
import { TestProcess, VirtualTime, seededRandom } from '../store/virtual-time.ts';
import { SimDisk, noDiskFaults } from './sim-disk.ts';

class Machine {
  readonly time = new VirtualTime();
  readonly trace: string[] = [];
  readonly disk: SimDisk;
  process: TestProcess;
  handle: Disk;

  constructor(seed = 1) {
    this.disk = new SimDisk({
      clock: this.time,
      random: seededRandom(seed),
      onTrace: (line) => void this.trace.push(line),
    });
    this.process = new TestProcess('p', this.time);
    this.handle = this.disk.connect(this.process);
  }

  run<T>(work: (disk: Disk) => Promise<T>): Promise<T> {
    return this.time.run(work(this.handle));
  }

  restart(): void {
    this.process.kill();
    this.process = new TestProcess('p', this.time);
    this.handle = this.disk.connect(this.process);
  }

  losePower(): void {
    this.disk.losePower();
    this.restart();
  }
}

const synced = Buffer.from('synced ');
const unsynced = Buffer.from('not synced, and rather long');

async function writeHalfSynced(disk: Disk): Promise<void> {
  const file = await disk.open('f', 'append');
  await file.append([synced]);
  await file.sync();
  await disk.syncDirectory('.');
  await file.append([unsynced]);
}

/** A file that holds 40 bytes, durably, opened to be written over. */
async function overOlderBytes(disk: Disk): Promise<DiskFile> {
  const old = await disk.open('f', 'create');
  await old.append([Buffer.alloc(40, 'o')]);
  await old.sync();
  await disk.syncDirectory('.');
  return disk.open('f', 'overwrite');
}

describe('simulated disk', () => {
  test('the same seed gives the same trace and the same leftovers', async () => {
    async function runOnce(seed: number): Promise<string> {
      const machine = new Machine(seed);
      await machine.run(writeHalfSynced);
      machine.losePower();
      const left = await machine.run((disk) => disk.readFile('f'));
      return `${machine.trace.join('\n')}\n${left.toString('hex')}`;
    }
    assert.equal(await runOnce(3), await runOnce(3));
    assert.notEqual(await runOnce(3), await runOnce(4));
  });

  test('a power loss keeps what was synced and a random, perhaps torn, part of the rest', async () => {
    const lengths = new Set<number>();
    let torn = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const machine = new Machine(seed);
      await machine.run(writeHalfSynced);
      machine.losePower();
      const left = await machine.run((disk) => disk.readFile('f'));
      assert.deepEqual(left.subarray(0, synced.length), synced);
      const rest = left.subarray(synced.length);
      lengths.add(rest.length);
      if (!rest.equals(unsynced.subarray(0, rest.length))) torn += 1;
    }
    assert.ok(lengths.size > 10 && torn > 0, `${lengths.size} lengths, ${torn} torn`);
  });

  test('a power loss takes writes over older bytes back from some point on, those that were synced never', async () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 60; seed += 1) {
      const machine = new Machine(seed);
      await machine.run(async (disk) => {
        const file = await overOlderBytes(disk);
        await file.append([Buffer.alloc(10, 's')]);
        await file.sync();
        await file.append([Buffer.alloc(20, 'u'), Buffer.alloc(20, 'v')]);
      });
      machine.losePower();
      const left = (await machine.run((disk) => disk.readFile('f'))).toString().replaceAll('\0', 'v');
      assert.match(left, /^s{10}(u{0,20}o+|u{20}v{0,10}o*|u{20}v*)$/);
      lengths.add(left.lastIndexOf('u'));
    }
    assert.ok(lengths.size > 10, `${lengths.size}`);
  });

  test('writes over older bytes that a failed sync dropped are gone with the power', async () => {
    const machine = new Machine(1);
    await machine.run(async (disk) => {
      const file = await overOlderBytes(disk);
      await file.append([Buffer.alloc(20, 'u')]);
      machine.disk.faults = { ...noDiskFaults, syncError: 1 };
      await assert.rejects(file.sync(), { code: 'DISK_SYNC_FAILED' });
    });
    machine.losePower();
    assert.equal((await machine.run((disk) => disk.readFile('f'))).toString(), 'o'.repeat(40));
  });

  test('a kill keeps everything that the kernel has', async () => {
    const machine = new Machine();
    await machine.run(writeHalfSynced);
    machine.restart();
    assert.deepEqual(await machine.run((disk) => disk.readFile('f')), Buffer.concat([synced, unsynced]));
  });

  test('calls of a killed process are never answered, and take effect or not by seed', async () => {
    const effects = new Set<boolean>();
    for (let seed = 0; seed < 20; seed += 1) {
      const machine = new Machine(seed);
      let answered = false;
      void Promise.allSettled([machine.handle.makeDirectory('d')]).then(() => (answered = true));
      machine.restart();
      await machine.time.drain();
      assert.equal(answered, false);
      effects.add(machine.disk.files.find('d') !== undefined);
    }
    assert.equal(effects.size, 2);
  });

  test('un-synced entries may vanish, a rename as a whole; synced ones stay', async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      const machine = new Machine(seed);
      await machine.run(async (disk) => {
        await (await disk.open('durable', 'create')).close();
        await (await disk.open('old', 'create')).close();
        await disk.syncDirectory('.');
        await (await disk.open('fresh', 'create')).close();
        await disk.rename('old', 'new');
      });
      machine.losePower();
      const names = (await machine.run((disk) => disk.list('.'))).map((entry) => entry.name);
      assert.ok(names.includes('durable'));
      assert.equal(names.includes('old') !== names.includes('new'), true, names.join(' '));
      outcomes.add(names.toSorted((a, b) => a.localeCompare(b)).join(' '));
    }
    assert.equal(outcomes.size, 4, [...outcomes].join(', '));
  });

  test('an entry that was made while a directory sync ran is not covered by it', async () => {
    let lost = 0;
    for (let seed = 0; seed < 20; seed += 1) {
      const machine = new Machine(seed);
      machine.disk.faults = { ...noDiskFaults, callMs: 0.001, syncMs: 100 };
      await machine.run(async (disk) => {
        const syncing = disk.syncDirectory('.');
        await disk.makeDirectory('late');
        await syncing;
      });
      machine.losePower();
      if (machine.disk.files.find('late') === undefined) lost += 1;
    }
    assert.ok(lost > 0 && lost < 20);
  });

  test('a failed sync fails the file for good, and what it should have stored is zeros after the power goes', async () => {
    const machine = new Machine();
    await machine.run(async (disk) => {
      const file = await disk.open('f', 'append');
      await disk.syncDirectory('.');
      await file.append([Buffer.from('data')]);
      machine.disk.faults = { ...noDiskFaults, syncError: 1 };
      await assert.rejects(file.sync(), { code: 'DISK_SYNC_FAILED' });
      machine.disk.faults = noDiskFaults;
      await assert.rejects(file.sync(), { code: 'DISK_SYNC_FAILED' });
      await assert.rejects(file.append([Buffer.from('x')]), { code: 'DISK_SYNC_FAILED' });
    });
    machine.restart();
    await machine.run(async (disk) => {
      assert.equal((await disk.readFile('f')).toString(), 'data');
      await (await disk.open('f', 'append')).sync();
    });
    machine.losePower();
    assert.deepEqual(await machine.run((disk) => disk.readFile('f')), Buffer.alloc(4));
  });

  test('a disk that lies about syncs loses what it promised', async () => {
    let lost = 0;
    for (let seed = 0; seed < 20; seed += 1) {
      const machine = new Machine(seed);
      machine.disk.faults = { ...noDiskFaults, lostSync: true };
      await machine.run(async (disk) => {
        const file = await disk.open('f', 'append');
        await file.append([synced]);
        await file.sync();
        await disk.syncDirectory('.');
      });
      machine.losePower();
      const node = machine.disk.files.find('f');
      if (node === undefined || (node.kind === 'file' && node.sizeBytes < synced.length)) lost += 1;
    }
    assert.ok(lost > 5);
  });

  test('a full disk stores a part of an append and refuses new files', async () => {
    const machine = new Machine(2);
    await machine.run(async (disk) => {
      const file = await disk.open('f', 'append');
      machine.disk.faults = { ...noDiskFaults, full: true };
      await assert.rejects(file.append([unsynced]), { code: 'ENOSPC' });
      assert.ok((await disk.size('f'))! < unsynced.length);
      await assert.rejects(disk.open('g', 'create'), { code: 'ENOSPC' });
    });
  });

  test('appends of one file are made in the order of the calls', async () => {
    const machine = new Machine();
    await machine.run(async (disk) => {
      const file = await disk.open('f', 'append');
      await Promise.all(Array.from({ length: 30 }, (_, index) => file.append([Buffer.from([index])])));
    });
    const expected = Buffer.from(Array.from({ length: 30 }, (_, index) => index));
    assert.deepEqual(await machine.run((disk) => disk.readFile('f')), expected);
  });

  test('a truncation that was not synced may come back', async () => {
    const contents = new Set<string>();
    for (let seed = 0; seed < 30; seed += 1) {
      const machine = new Machine(seed);
      await machine.run(async (disk) => {
        const file = await disk.open('f', 'append');
        await file.append([Buffer.from('0123456789')]);
        await file.sync();
        await disk.syncDirectory('.');
        await file.truncate(4);
      });
      machine.losePower();
      contents.add((await machine.run((disk) => disk.readFile('f'))).toString());
    }
    assert.deepEqual(
      [...contents].toSorted((a, b) => a.length - b.length),
      ['0123', '0123456789'],
    );
  });

  test('bits flip at rest, and hooks fail single calls', async () => {
    const machine = new Machine();
    await machine.run(async (disk) => (await disk.open('f', 'append')).append([Buffer.from([0])]));
    machine.disk.flipBit('f', 1);
    assert.deepEqual(await machine.run((disk) => disk.readFile('f')), Buffer.from([2]));
    machine.disk.beforeOperation = (operation) => (operation === 'readFile' ? 'EIO' : undefined);
    await assert.rejects(
      machine.run((disk) => disk.readFile('f')),
      { code: 'EIO' },
    );
  });

  test('a lock is held until its process dies', async () => {
    const machine = new Machine();
    const lock = await machine.run((disk) => disk.lock('lock', 'first'));
    assert.ok(lock);
    const other = machine.disk.connect(new TestProcess('q', machine.time));
    assert.equal(await machine.time.run(other.lock('lock', 'second')), undefined);
    assert.equal(await machine.time.run(other.lockOwner('lock')), 'first');
    machine.process.kill();
    assert.ok(await machine.time.run(other.lock('lock', 'second')));
  });

  test('a wiped disk is empty', async () => {
    const machine = new Machine();
    await machine.run(writeHalfSynced);
    machine.disk.wipe();
    machine.restart();
    assert.deepEqual(await machine.run((disk) => disk.list('/')), []);
  });
});
