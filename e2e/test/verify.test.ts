import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { BrokerProcess } from '../support/broker-process.ts';
import { runChronik } from '../support/chronik-command.ts';
import type { CommandResult } from '../support/chronik-command.ts';
import { freePort } from '../support/ports.ts';

let root: string;
let broker: BrokerProcess;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-verify-'));
  broker = await BrokerProcess.start({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: { LOCAL_STORAGE_PATH: join(root, 'bucket') },
  });
});

after(async () => {
  await broker.stop('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

function chronik(args: readonly string[], bucket = 'bucket'): Promise<CommandResult> {
  return runChronik(args, { LOCAL_STORAGE_PATH: join(root, bucket), CHRONIK_DATA_DIR: join(root, 'data') });
}

interface Report {
  readonly clean: boolean;
  readonly problems: readonly { readonly class: string; readonly what: string }[];
}

/** Names of the data slots in a copy of the bucket, in order. */
async function dataSlots(bucket: string): Promise<readonly string[]> {
  const names = await readdir(join(root, bucket), { recursive: true });
  return names.filter((name) => /^wal\/.*\.wal$/.test(name)).toSorted();
}

test('a live broker’s bucket is clean at any moment of a load', async () => {
  const kafka = new Kafka({ clientId: 'verify', brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    let reports = 0;
    const load = async (): Promise<void> => {
      while (reports < 2) await producer.send({ topic: 'load', acks: -1, messages: [{ value: 'x'.repeat(1000) }] });
    };
    const look = async (): Promise<void> => {
      for (const level of [[], ['--deep']]) {
        const { code, stdout, stderr } = await chronik(['verify', '--json', ...level]);
        reports += 1;
        assert.equal(code, 0, stdout + stderr);
        assert.deepEqual((JSON.parse(stdout) as Report).problems, []);
      }
    };
    await Promise.all([load(), look()]);
  } finally {
    await producer.disconnect();
  }
});

test('ls says what is there, in words and as JSON', async () => {
  const topics = await chronik(['ls', 'topics']);
  assert.equal(topics.code, 0, topics.stderr);
  assert.match(topics.stdout, /^load +\S{22} +1 +/m);
  const { stdout } = await chronik(['ls', 'partitions', '--json']);
  const partitions = JSON.parse(stdout) as readonly { topic: string; endOffset: number; records: number }[];
  const load = partitions.find(({ topic }) => topic === 'load');
  assert.ok(load !== undefined && load.endOffset > 0);
  assert.equal(load.records, load.endOffset);
});

test('damage is exit status 1, with the object’s name', async () => {
  await cp(join(root, 'bucket'), join(root, 'damaged'), { recursive: true });
  const lost = (await dataSlots('damaged'))[2] ?? assert.fail();
  await rm(join(root, 'damaged', lost));
  const { code, stdout } = await chronik(['verify'], 'damaged');
  assert.equal(code, 1);
  assert.match(stdout, new RegExp(`^missing +${lost} +it was committed`, 'm'));
  assert.match(stdout, /^2 problems: 1 missing, 1 gap$/m);
});

test('what cannot be checked is exit status 3, wrong usage is 2; neither makes anything', async () => {
  const missing = await chronik(['verify'], 'nowhere');
  assert.equal(missing.code, 3);
  assert.match(missing.stderr, /STORE_DIRECTORY_MISSING/);
  assert.equal((await chronik(['ls'], 'nowhere')).code, 3);
  assert.equal((await chronik(['verify', '--store', 'east'])).code, 2);
  assert.equal((await chronik(['verify', '--fast'])).code, 2);
  assert.ok(!(await readdir(root)).includes('nowhere'));
});

test('it writes nothing, not even where a broker would clean up', async () => {
  await cp(join(root, 'bucket'), join(root, 'copy'), { recursive: true });
  await writeFile(join(root, 'copy', '.tmp', 'left-behind'), 'x');
  const original = await contents('copy');
  await chronik(['verify', '--deep'], 'copy');
  await chronik(['ls'], 'copy');
  assert.deepEqual(await contents('copy'), original);
});

async function contents(bucket: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, bucket), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.toSorted().map(async (file) => `${file} ${(await readFile(file)).toString('base64')}`));
}
