import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ApiKeys, ZERO_UUID, encodeRequest } from '../../broker/src/kafka/index.ts';
import { Client } from '../bench/load/client.ts';
import { produceFrames } from '../bench/load/produce-frame.ts';
import { peakRssBytes, rssBytes } from '../bench/measure/process-usage.ts';
import { Probe } from '../fuzz/probe.ts';
import { scrape, scrapeUntil } from '../fuzz/scrape.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { freePort } from '../support/ports.ts';
import { RawConnection } from '../support/raw-connection.ts';

const MIB = 1024 * 1024;

let root: string;
let broker: BrokerProcess | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chronik-limits-'));
});

afterEach(async () => {
  await broker?.stop('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

async function start(limits: Readonly<Record<string, string>>): Promise<BrokerProcess> {
  broker = await BrokerProcess.start({
    port: await freePort(),
    httpPort: await freePort(),
    dataDirectory: join(root, 'data'),
    environment: { LOCAL_STORAGE_PATH: join(root, 'bucket'), ...limits },
  });
  return broker;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function apiVersions(): Buffer {
  return Buffer.concat(encodeRequest(ApiKeys.ApiVersions, 0, 1, 'limits', {}));
}

test('a request that announces more than is allowed ends its connection, before memory is set aside for it', async () => {
  const { settings, pid, log } = await start({ CHRONIK_SOCKET_REQUEST_MAX_BYTES: String(MIB) });
  const before = rssBytes(pid) ?? 0;
  const connections = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(settings.port)));
  for (const connection of connections) connection.write(Buffer.concat([int32(100 * MIB), Buffer.alloc(1000)]));
  await Promise.all(connections.map((connection) => connection.closed()));
  assert.ok((peakRssBytes(pid) ?? 0) - before < 500 * MIB, 'twenty times 100 MiB were not set aside');
  const lines = log.filter(({ message }) => message.startsWith('Connection closed'));
  assert.equal(lines.length, 20);
  assert.match(String(lines[0]?.['error']), /104857600 bytes; allowed are 8 to 1048576/);
  const allowed = await RawConnection.open(settings.port);
  allowed.write(apiVersions());
  await allowed.answered();
  allowed.destroy();
});

test('of connections beyond the limit each is closed at once; a place that becomes free is given again', async () => {
  const { settings } = await start({ CHRONIK_MAX_CONNECTIONS: '5' });
  const open = await Promise.all(Array.from({ length: 5 }, () => RawConnection.open(settings.port)));
  for (const connection of open) connection.write(apiVersions());
  await Promise.all(open.map((connection) => connection.answered()));
  const refused = await RawConnection.open(settings.port);
  await refused.closed();
  assert.equal(refused.receivedBytes, 0);
  assert.deepEqual(
    open.map((connection) => connection.isClosed),
    [false, false, false, false, false],
  );
  open[0]?.destroy();
  await scrapeUntil(settings.httpPort, 'four connections', (metrics) => metrics.get('chronik_connections') === 4);
  const next = await RawConnection.open(settings.port);
  next.write(apiVersions());
  await next.answered();
  assert.equal((await scrape(settings.httpPort)).get('chronik_connections_refused_total'), 1);
  for (const connection of [...open, next]) connection.destroy();
});

test('an idle connection is closed; one that waits for its answer is not idle', async () => {
  const { settings } = await start({ CHRONIK_CONNECTIONS_MAX_IDLE_MS: '300' });
  const idle = await RawConnection.open(settings.port);
  const client = await Client.connect({ host: '127.0.0.1', port: settings.port });
  const topics = [{ name: 'quiet', topicId: ZERO_UUID }];
  await client.request(ApiKeys.Metadata, 12, { topics, includeTopicAuthorizedOperations: false });
  const answer = await client.request(ApiKeys.Fetch, 12, {
    maxWaitMs: 1500,
    minBytes: 1,
    maxBytes: MIB,
    topics: [
      { topic: 'quiet', topicId: ZERO_UUID, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: MIB }] },
    ],
    forgottenTopicsData: [],
  });
  assert.equal(answer.responses[0]?.partitions[0]?.errorCode, 0);
  await idle.closed();
  client.close();
});

/** Producers that push all the time, and readers that ask for far more than the broker may hold, and then do not read it. */
test('ten times more asked for than memory is set aside for: the process stays small and goes on serving', async () => {
  const capBytes = 32 * MIB;
  const { settings, pid } = await start({
    CHRONIK_MAX_UNCOMMITTED_BYTES: String(capBytes),
    CHRONIK_MAX_UNSENT_BYTES: String(capBytes),
    CHRONIK_TAIL_BYTES: String(16 * MIB),
  });
  const address = { host: '127.0.0.1', port: settings.port };
  const probe = await Probe.connect(address, 'probe');
  const topics = [{ name: 'load', numPartitions: 4, replicationFactor: 1, assignments: [], configs: [] }];
  await probe.client.request(ApiKeys.CreateTopics, 5, { topics, timeoutMs: 30_000, validateOnly: false });
  const frames = produceFrames('load', 4, -1, { recordBytes: 10_000, batchBytes: 900_000 });
  await pushUntil(address, frames, 200 * MIB);
  await probe.round();
  const idleBytes = rssBytes(pid) ?? 0;

  const readers = await Promise.all(Array.from({ length: 40 }, () => RawConnection.open(settings.port)));
  for (const reader of readers) reader.stopReading();
  const fetch = fetchFrame(50 * MIB);
  for (const reader of readers) for (let request = 0; request < 10; request += 1) reader.write(fetch);
  await pushUntil(address, frames, 100 * MIB);
  for (let round = 0; round < 5; round += 1) await probe.round();
  const peakBytes = peakRssBytes(pid) ?? 0;
  // Blocks of the cache (64 MiB) and what the collector has not come to yet are within the bound.
  const told = `${Math.round(idleBytes / MIB)} MiB before, ${Math.round(peakBytes / MIB)} MiB at most`;
  assert.ok(peakBytes < 768 * MIB, told);
  readers[0]?.goOnReading();
  await readers[0]?.answered();
  for (const reader of readers) reader.destroy();
  probe.close();
});

/** Sends produce requests on several connections, as fast as they are taken, until so many bytes were acknowledged. */
async function pushUntil(
  address: { readonly host: string; readonly port: number },
  frames: ReturnType<typeof produceFrames>,
  bytes: number,
): Promise<void> {
  let acknowledged = 0;
  const clients = await Promise.all(Array.from({ length: 8 }, () => Client.connect(address)));
  await new Promise<void>((resolve, reject) => {
    for (const client of clients) {
      client.onFailure(reject);
      const push = (index: number): void => {
        const frame = frames[index % frames.length];
        if (frame === undefined || acknowledged >= bytes) {
          resolve();
          return;
        }
        client.send(frame.frame, () => {
          acknowledged += frame.valueBytes;
          push(index + 1);
        });
      };
      for (let ahead = 0; ahead < 5; ahead += 1) push(ahead);
    }
  });
  for (const client of clients) client.close();
}

function fetchFrame(maxBytes: number): Buffer {
  const partitions = [0, 1, 2, 3].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: maxBytes }));
  const topics = [{ topic: 'load', topicId: ZERO_UUID, partitions }];
  const body = { maxWaitMs: 0, minBytes: 1, maxBytes, topics, forgottenTopicsData: [] };
  return Buffer.concat(encodeRequest(ApiKeys.Fetch, 12, 1, 'limits', body));
}
