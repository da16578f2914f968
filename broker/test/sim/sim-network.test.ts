import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../src/edge/index.ts';
import { Scheduler } from './scheduler.ts';
import { SimNetwork } from './sim-network.ts';
import { VirtualProcess } from './virtual-process.ts';

interface Pair {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly client: VirtualProcess;
  readonly server: VirtualProcess;
  near: Connection | undefined;
  far: Connection | undefined;
}

async function connectedPair(seed: number): Promise<Pair> {
  const scheduler = new Scheduler(seed);
  const network = new SimNetwork(scheduler);
  const client = new VirtualProcess(scheduler, 'client');
  const server = new VirtualProcess(scheduler, 'server');
  const pair: Pair = { scheduler, network, client, server, near: undefined, far: undefined };
  await settle(
    scheduler,
    network.transportFor(server, 'broker-0').listen('0.0.0.0', 9092, (c) => (pair.far = c)),
  );
  pair.near = await settle(scheduler, network.transportFor(client).connect('broker-0', 9092));
  await scheduler.run({ done: () => pair.far !== undefined });
  return pair;
}

async function settle<T>(scheduler: Scheduler, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = (): void => {
    settled = true;
  };
  promise.then(done, done);
  await scheduler.run({ done: () => settled });
  return promise;
}

test('bytes arrive complete and in order, in pieces', async () => {
  const pair = await connectedPair(1);
  pair.network.splitProbability = 1;
  const pieces: Buffer[] = [];
  pair.far!.onData = (chunk) => pieces.push(chunk);
  const sent = pair.client.random.bytes(5000);
  for (let i = 0; i < 5000; i += 500) pair.near!.write([sent.subarray(i, i + 200), sent.subarray(i + 200, i + 500)]);
  await pair.scheduler.run();
  assert.deepEqual(Buffer.concat(pieces), sent);
  assert.ok(pieces.length > 10);
});

test('a receiver that pauses makes the sender wait, and both go on after resume', async () => {
  const pair = await connectedPair(2);
  let received = 0;
  let drained = 0;
  pair.far!.onData = (chunk) => (received += chunk.length);
  pair.near!.onDrain = () => drained++;
  pair.far!.pause();
  let written = 0;
  while (pair.near!.write([Buffer.alloc(10_000)])) written += 10_000;
  written += 10_000;
  await pair.scheduler.run();
  for (let i = 0; i < 40; i++) {
    pair.near!.write([Buffer.alloc(10_000)]);
    written += 10_000;
    await pair.scheduler.run();
  }
  assert.equal(received, 0);
  assert.ok(pair.near!.bufferedBytes > 64 * 1024, 'the window is full');
  pair.far!.resume();
  await pair.scheduler.run();
  assert.equal(received, written);
  assert.ok(drained > 0);
});

test('end delivers what was written and then closes both ends', async () => {
  const pair = await connectedPair(3);
  let text = '';
  const closed: string[] = [];
  pair.far!.onData = (chunk) => (text += chunk.toString());
  pair.far!.onClose = (error) => closed.push(`far, after "${text}", ${error === undefined ? 'in order' : 'broken'}`);
  pair.near!.onClose = () => closed.push('near');
  pair.near!.write([Buffer.from('last words')]);
  pair.near!.end();
  await pair.scheduler.run();
  assert.deepEqual(closed.sort(), ['far, after "last words", in order', 'near']);
});

test('a process that is killed resets its connections; on a lost machine nobody is told', async () => {
  for (const silent of [false, true]) {
    const pair = await connectedPair(4);
    let closed = false;
    pair.near!.onClose = () => (closed = true);
    pair.server.kill('test');
    pair.network.processEnded(pair.server, silent);
    await pair.scheduler.run();
    assert.equal(closed, !silent);
  }
});

test('a cut path delays bytes until it is mended, and refuses new connections', async () => {
  const pair = await connectedPair(5);
  let received = 0;
  pair.far!.onData = (chunk) => (received += chunk.length);
  pair.network.cut(pair.server);
  pair.near!.write([Buffer.alloc(10)]);
  await assert.rejects(
    settle(pair.scheduler, pair.network.transportFor(pair.client).connect('broker-0', 9092)),
    /timed out/,
  );
  assert.equal(received, 0);
  pair.network.mend(pair.server);
  await pair.scheduler.run();
  assert.equal(received, 10);
});

test('a name leads to the process that took it last; open connections stay', async () => {
  const pair = await connectedPair(6);
  const successor = new VirtualProcess(pair.scheduler, 'successor');
  let accepted: Connection | undefined;
  const transport = pair.network.transportFor(successor, 'broker-0');
  await settle(
    pair.scheduler,
    transport.listen('0.0.0.0', 9092, (c) => (accepted = c)),
  );
  await settle(pair.scheduler, pair.network.transportFor(pair.client).connect('broker-0', 9092));
  await pair.scheduler.run();
  assert.ok(accepted !== undefined);
  let received = '';
  pair.far!.onData = (chunk) => (received += chunk.toString());
  pair.near!.write([Buffer.from('to the old one')]);
  await pair.scheduler.run();
  assert.equal(received, 'to the old one');
});
