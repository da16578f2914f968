import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemTransport } from '../../src/edge/index.ts';
import type { Connection } from '../../src/edge/index.ts';

describe('system transport', () => {
  test('bytes arrive whole and in order both ways, and the end is told once', async () => {
    const accepted = Promise.withResolvers<Connection>();
    const listener = await systemTransport.listen('127.0.0.1', 0, (connection) => {
      connection.onData = (chunk) => void connection.write([chunk]);
      accepted.resolve(connection);
    });
    const client = await systemTransport.connect('127.0.0.1', listener.port);
    const sent = Buffer.alloc(3_000_000, 'chronik');
    const received: Buffer[] = [];
    let receivedBytes = 0;
    const all = Promise.withResolvers<undefined>();
    const closed = Promise.withResolvers<Error | undefined>();
    client.onData = (chunk) => {
      received.push(chunk);
      receivedBytes += chunk.length;
      if (receivedBytes === sent.length) all.resolve(undefined);
    };
    client.onClose = (error) => closed.resolve(error);
    client.write([sent.subarray(0, 10), sent.subarray(10, 1_000_000)]);
    client.write([sent.subarray(1_000_000)]);
    await all.promise;
    assert.ok(Buffer.concat(received).equals(sent));
    (await accepted.promise).destroy();
    assert.equal(await closed.promise, undefined);
    await listener.close();
  });

  test('write reports back-pressure, and onDrain its end', async () => {
    const accepted = Promise.withResolvers<Connection>();
    const listener = await systemTransport.listen('127.0.0.1', 0, (connection) => {
      connection.pause();
      accepted.resolve(connection);
    });
    const client = await systemTransport.connect('127.0.0.1', listener.port);
    const server = await accepted.promise;
    const drained = Promise.withResolvers<undefined>();
    client.onDrain = () => drained.resolve(undefined);
    let ready = true;
    while (ready) ready = client.write([Buffer.alloc(1_000_000)]);
    assert.ok(client.bufferedBytes > 0);
    server.resume();
    await drained.promise;
    assert.equal(client.bufferedBytes, 0);
    client.destroy();
    await listener.close();
  });

  test('what was written before end is delivered', async () => {
    const text = Promise.withResolvers<string>();
    const listener = await systemTransport.listen('127.0.0.1', 0, (connection) => {
      let received = '';
      connection.onData = (chunk) => (received += chunk.toString());
      connection.onClose = () => text.resolve(received);
    });
    const client = await systemTransport.connect('127.0.0.1', listener.port);
    client.write([Buffer.from('last '), Buffer.from('words')]);
    client.end();
    assert.equal(await text.promise, 'last words');
    await listener.close();
  });

  test('a port in use is an error that names host and port', async () => {
    const listener = await systemTransport.listen('127.0.0.1', 0, () => undefined);
    await assert.rejects(
      systemTransport.listen('127.0.0.1', listener.port, () => undefined),
      (error: Error & { code?: string; remedy?: string }) => {
        assert.equal(error.code, 'PORT_IN_USE');
        assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${listener.port}`));
        assert.match(error.remedy ?? '', /another port/);
        return true;
      },
    );
    await listener.close();
  });

  test('an address that is not of this machine is refused', async () => {
    await assert.rejects(
      systemTransport.listen('192.0.2.1', 0, () => undefined),
      { code: 'ADDRESS_NOT_AVAILABLE' },
    );
  });

  test('a refused connection rejects and names the other side', async () => {
    const listener = await systemTransport.listen('127.0.0.1', 0, () => undefined);
    await listener.close();
    await assert.rejects(systemTransport.connect('127.0.0.1', listener.port), { code: 'CONNECT_FAILED' });
  });
});
