import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LocalStore, PatientStore } from '../../src/store/index.ts';
import type { ObjectStore } from '../../src/store/index.ts';
import { SimDisk, noDiskFaults } from '../sim/sim-disk.ts';
import { storeContract } from './contract.ts';
import { TestProcess, VirtualTime, seededRandom } from './virtual-time.ts';

const SEEDS = 12;
const path = 'data/bucket';
const key = 'wal/1/0.wal';
const body = Buffer.from('a body that is either whole or not there at all');

/** One machine: a disk, and one process after another on it. */
class Machine {
  readonly time = new VirtualTime();
  readonly disk: SimDisk;
  readonly #seed: number;
  #processes = 0;
  process: TestProcess;

  constructor(seed: number) {
    this.#seed = seed;
    this.disk = new SimDisk({ clock: this.time, random: seededRandom(seed) });
    this.process = this.#newProcess();
  }

  open(): Promise<LocalStore> {
    this.#processes += 1;
    return LocalStore.open({
      disk: this.disk.connect(this.process),
      random: seededRandom(this.#seed * 1000 + this.#processes),
      path,
    });
  }

  /** A new process takes the place of the one that is gone. */
  async restart(): Promise<LocalStore> {
    this.process.kill();
    this.process = this.#newProcess();
    return this.time.run(this.open());
  }

  losePower(): void {
    this.process.kill();
    this.disk.losePower();
  }

  /** Cuts the power, or only kills the process, just before disk operation number `step` from now. */
  stopAt(step: number, how: 'power' | 'kill'): { readonly reached: boolean } {
    const state = { reached: false };
    let count = 0;
    this.disk.beforeOperation = () => {
      if (count === step && !state.reached) {
        state.reached = true;
        if (how === 'power') this.losePower();
        else this.process.kill();
      }
      count += 1;
      return undefined;
    };
    return state;
  }

  noMoreStops(): void {
    this.disk.beforeOperation = () => undefined;
  }

  #newProcess(): TestProcess {
    return new TestProcess(`process ${this.#processes}`, this.time);
  }
}

storeContract('local directory on a simulated disk', async () => {
  const machine = new Machine(1);
  machine.disk.faults = { ...noDiskFaults, callMs: 0, syncMs: 0 };
  const store = await machine.time.run(machine.open());
  const other = await machine.time.run(machine.open());
  return { store: driven(machine.time, store), other: driven(machine.time, other), close: () => Promise.resolve() };
});

/** The store with virtual time running on while a call is under way. */
function driven(time: VirtualTime, store: ObjectStore): ObjectStore {
  return {
    description: store.description,
    address: store.address,
    create: (...request) => time.run(store.create(...request)),
    get: (...request) => time.run(store.get(...request)),
    head: (...request) => time.run(store.head(...request)),
    list: (...request) => time.run(store.list(...request)),
    delete: (...request) => time.run(store.delete(...request)),
    close: () => store.close(),
  };
}

/** Runs `scenario` once for every step at which it can be cut, and seed, until it runs to its end uncut. */
async function atEveryStep(scenario: (seed: number, step: number) => Promise<boolean>): Promise<void> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    let step = 0;
    while (await scenario(seed, step)) step += 1;
    assert.ok(step > 3, 'the scenario was never cut');
  }
}

async function assertWholeOrAbsent(
  machine: Machine,
  store: LocalStore,
  mustBeThere: boolean,
  what: string,
): Promise<void> {
  const found = await machine.time.run(store.get(key));
  if (mustBeThere) assert.ok(found, `${what}: the object is gone`);
  if (found !== undefined) assert.deepEqual(found, body, what);
  const { objects } = await machine.time.run(store.list('', undefined, 10));
  assert.deepEqual(objects, found === undefined ? [] : [{ key, sizeBytes: body.length }], what);
  const again = await machine.time.run(store.create(key, [Buffer.from('another')]));
  assert.equal(again, found === undefined ? 'created' : 'exists', what);
}

describe('local store and power', () => {
  test('hole-12: a power loss at any step leaves an object whole or absent, and whole once it was answered', async () => {
    await atEveryStep(async (seed, step) => {
      const machine = new Machine(seed);
      const store = await machine.time.run(machine.open());
      const cut = machine.stopAt(step, 'power');
      let answered = false;
      void store.create(key, [body.subarray(0, 7), body.subarray(7)]).then(() => (answered = true));
      await machine.time.drain();
      machine.noMoreStops();
      if (!cut.reached) machine.losePower();
      const restarted = await machine.restart();
      await assertWholeOrAbsent(machine, restarted, answered, `seed ${seed}, step ${step}`);
      return cut.reached;
    });
  });

  test('creates that share a directory sync are durable, each of them, once answered', async () => {
    await atEveryStep(async (seed, step) => {
      const machine = new Machine(seed);
      const store = await machine.time.run(machine.open());
      const cut = machine.stopAt(step, 'power');
      const answered: string[] = [];
      for (let slot = 0; slot < 6; slot += 1) {
        const name = `wal/1/${slot}.wal`;
        void store.create(name, [body]).then(() => answered.push(name));
      }
      await machine.time.drain();
      machine.noMoreStops();
      if (!cut.reached) machine.losePower();
      const restarted = await machine.restart();
      for (const name of answered) {
        assert.deepEqual(await machine.time.run(restarted.get(name)), body, `${name}, seed ${seed}, step ${step}`);
      }
      return cut.reached;
    });
  });

  test('a kill at any step leaves an object whole or absent', async () => {
    await atEveryStep(async (seed, step) => {
      const machine = new Machine(seed);
      const store = await machine.time.run(machine.open());
      const cut = machine.stopAt(step, 'kill');
      let answered = false;
      void store.create(key, [body]).then(() => (answered = true));
      await machine.time.drain();
      machine.noMoreStops();
      const restarted = await machine.restart();
      await assertWholeOrAbsent(machine, restarted, answered, `seed ${seed}, step ${step}`);
      return cut.reached;
    });
  });

  const observations = {
    'a create answers exists': async (store: LocalStore) => (await store.create(key, [Buffer.from('x')])) === 'exists',
    'a get finds it': async (store: LocalStore) => (await store.get(key)) !== undefined,
    'a ranged get finds it': async (store: LocalStore) => (await store.get(key, { start: 0, length: 1 })) !== undefined,
    'a head finds it': async (store: LocalStore) => (await store.head(key)) !== undefined,
    'a list shows it': async (store: LocalStore) => (await store.list('wal/', undefined, 10)).objects.length > 0,
  };
  for (const [name, observe] of Object.entries(observations)) {
    test(`rule-16: once ${name}, no power loss takes the object of a killed writer`, async () => {
      await atEveryStep(async (seed, step) => {
        const machine = new Machine(seed);
        const store = await machine.time.run(machine.open());
        const cut = machine.stopAt(step, 'kill');
        void store.create(key, [body]);
        await machine.time.drain();
        machine.noMoreStops();
        const second = await machine.restart();
        const seen = await machine.time.run(observe(second));
        machine.losePower();
        const third = await machine.restart();
        const found = await machine.time.run(third.get(key));
        if (seen) assert.deepEqual(found, body, `seed ${seed}, step ${step}`);
        return cut.reached;
      });
    });
  }

  test('rule-16: an entry made after the directory was first read is durable once a reader sees it', async () => {
    await atEveryStep(async (seed, step) => {
      const machine = new Machine(seed);
      const writer = await machine.time.run(machine.open());
      await machine.time.run(writer.create('wal/1/first.wal', [body]));
      const writerProcess = machine.process;
      machine.process = new TestProcess('reader', machine.time);
      const reader = await machine.time.run(machine.open());
      await machine.time.run(reader.get('wal/1/first.wal'));
      let count = 0;
      machine.disk.beforeOperation = () => {
        if (count === step) writerProcess.kill();
        count += 1;
        return undefined;
      };
      void writer.create(key, [body]);
      await machine.time.drain();
      const reached = count > step;
      machine.noMoreStops();
      const seen = (await machine.time.run(reader.get(key))) !== undefined;
      machine.losePower();
      const restarted = await machine.restart();
      const found = await machine.time.run(restarted.get(key));
      if (seen) assert.deepEqual(found, body, `seed ${seed}, step ${step}`);
      return reached;
    });
  });

  test('a power loss at any step of the first opening leaves a directory that opens, with an id that stays', async () => {
    await atEveryStep(async (seed, step) => {
      const machine = new Machine(seed);
      const cut = machine.stopAt(step, 'power');
      let opened: LocalStore | undefined;
      void machine.open().then((store) => (opened = store));
      await machine.time.drain();
      machine.noMoreStops();
      if (!cut.reached) machine.losePower();
      const restarted = await machine.restart();
      if (opened !== undefined) assert.deepEqual(restarted.address, opened.address);
      machine.losePower();
      assert.deepEqual((await machine.restart()).address, restarted.address);
      return cut.reached;
    });
  });

  test('a kill at any step of the first opening leaves nothing that a later power loss could take', async () => {
    await atEveryStep(async (seed, step) => {
      const machine = new Machine(seed);
      const cut = machine.stopAt(step, 'kill');
      void machine.open();
      await machine.time.drain();
      machine.noMoreStops();
      const second = await machine.restart();
      await machine.time.run(second.create(key, [body]));
      machine.losePower();
      const third = await machine.restart();
      assert.deepEqual(third.address, second.address);
      assert.deepEqual(await machine.time.run(third.get(key)), body, `seed ${seed}, step ${step}`);
      return cut.reached;
    });
  });

  test('a deletion that was answered stays done', async () => {
    for (let seed = 1; seed <= SEEDS * 3; seed += 1) {
      const machine = new Machine(seed);
      const store = await machine.time.run(machine.open());
      await machine.time.run(store.create(key, [body]));
      await machine.time.run(store.delete([key]));
      machine.losePower();
      const restarted = await machine.restart();
      assert.equal(await machine.time.run(restarted.get(key)), undefined);
    }
  });
});

describe('local store and a bad disk', () => {
  test('a full disk is waited out, and the unfinished write gives its space back', async () => {
    const machine = new Machine(1);
    const { time, disk } = machine;
    const store = await time.run(machine.open());
    const kinds: string[] = [];
    const patient = new PatientStore(store, {
      clock: time,
      random: seededRandom(1),
      onTrouble: (error) => {
        kinds.push(error.kind);
        assert.match(error.remedy, /Free space/);
        if (kinds.length === 5) disk.faults = noDiskFaults;
      },
    });
    disk.faults = { ...noDiskFaults, full: true };
    const outcome = await time.run(patient.createResolved({ key, body: [body], recognise: () => 'other' }));
    assert.deepEqual(outcome, { outcome: 'created' });
    assert.deepEqual(
      kinds,
      Array.from({ length: 5 }, () => 'full'),
    );
    await time.run(store.close());
    assert.equal(disk.files.directory(`${path}/.tmp`).entries.size, 0);
  });

  test('rule-16: a failed sync is told as such and not repeated', async () => {
    for (const failing of ['sync', 'syncDirectory'] as const) {
      const machine = new Machine(1);
      const { time, disk } = machine;
      const store = await time.run(machine.open());
      const patient = new PatientStore(store, { clock: time, random: seededRandom(1) });
      disk.beforeOperation = (operation) => (operation === failing ? 'EIO' : undefined);
      const creating = patient.createResolved({ key, body: [body], recognise: () => 'ours' });
      await assert.rejects(time.run(creating), { code: 'DISK_SYNC_FAILED' });
    }
  });

  test('a missing permission is reported as denied, with what to do', async () => {
    const machine = new Machine(1);
    const { time, disk } = machine;
    const store = await time.run(machine.open());
    disk.beforeOperation = (operation) => (operation === 'open' || operation === 'readFile' ? 'EACCES' : undefined);
    for (const call of [() => store.create(key, [body]), () => store.get(key)]) {
      await assert.rejects(time.run<unknown>(call()), (error: Error & { code?: string; remedy?: string }) => {
        assert.equal(error.code, 'STORE_DENIED');
        assert.match(error.message, /EACCES/);
        assert.match(error.remedy ?? '', /permission/);
        return true;
      });
    }
  });

  test('an unwritable directory is refused when the store is opened', async () => {
    const machine = new Machine(1);
    machine.disk.beforeOperation = (operation) => (operation === 'makeDirectory' ? 'EACCES' : undefined);
    await assert.rejects(machine.time.run(machine.open()), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'STORE_DIRECTORY_UNUSABLE');
      assert.match(error.message, /data\/bucket as a store: no permission/);
      return true;
    });
  });

  test('P9: a read error is an error, not an absent object', async () => {
    const machine = new Machine(1);
    const { time, disk } = machine;
    const store = await time.run(machine.open());
    await time.run(store.create(key, [body]));
    disk.faults = { ...noDiskFaults, readError: 1 };
    await assert.rejects(time.run(store.get(key)), { code: 'STORE_UNAVAILABLE' });
    await assert.rejects(time.run(store.get('absent')), { code: 'STORE_UNAVAILABLE' });
  });

  test('a process that opens the store removes the unfinished write of another; that one writes again', async () => {
    const machine = new Machine(1);
    const { time, disk } = machine;
    const store = await time.run(machine.open());
    const patient = new PatientStore(store, { clock: time, random: seededRandom(1) });
    let removed = false;
    disk.beforeOperation = (operation) => {
      if (operation !== 'link' || removed) return undefined;
      removed = true;
      for (const name of disk.files.directory(`${path}/.tmp`).entries.keys()) disk.files.remove(`${path}/.tmp/${name}`);
      return undefined;
    };
    const outcome = await time.run(patient.createResolved({ key, body: [body], recognise: () => 'other' }));
    assert.deepEqual(outcome, { outcome: 'created' });
    assert.ok(removed);
  });
});
