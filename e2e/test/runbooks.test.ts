import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { documentedCommands, runDocumented } from '../support/documented-commands.ts';
import { freePort } from '../support/ports.ts';

const OPERATIONS = 'docs/operations.md';
/** What the drill ends with. */
const STOP = 'kill $BROKER\nwait $BROKER\n';

async function run(commands: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'chronik-runbook-'));
  try {
    const ports = { kafka: await freePort(), http: await freePort() };
    const { code, output } = await runDocumented(commands, directory, ports);
    assert.equal(code, 0, output);
    return output;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function timesIn(output: string, line: string): number {
  return output.split('\n').filter((found) => found === line).length;
}

test('hole-25: the documented drill brings topic and record back after kill -9 and rm -rf', async () => {
  const output = await run(documentedCommands(OPERATIONS, 'drill'));
  assert.equal(timesIn(output, 'drill'), 1, output);
  assert.equal(timesIn(output, 'test message'), 1, output);
});

test('the documented partial loss restores; it never begins anew', async () => {
  const drill = documentedCommands(OPERATIONS, 'drill');
  assert.ok(drill.endsWith(STOP), 'the drill ends by stopping the broker');
  const output = await run(drill.slice(0, -STOP.length) + documentedCommands(OPERATIONS, 'partial-loss') + STOP);
  assert.equal(timesIn(output, 'test message'), 2, output);
});

test('the documented look into the bucket finds it clean, beside the running broker, and lists what was produced', async () => {
  const drill = documentedCommands(OPERATIONS, 'drill');
  const output = await run(drill.slice(0, -STOP.length) + documentedCommands(OPERATIONS, 'verify') + STOP);
  assert.equal(timesIn(output, 'clean: nothing is wrong'), 1, output);
  assert.match(output, /^drill +\S{22} +3 +1 /m);
  assert.match(output, /"group": "console-consumer-/);
});

test('hole-21, hole-25: the documented failover goes on from the copy, and home again, with the record', async () => {
  const output = await run(documentedCommands(OPERATIONS, 'failover'));
  assert.equal(timesIn(output, 'test message'), 2, output);
  assert.match(output, /^cut +\d{4}-.* s ago$/m);
  assert.match(output, /^drill-0 +1 +1 +0$/m);
  assert.equal(output.match(/is made of/g)?.length, 2, 'promoted, and promoted back');
});

test('hole-21, hole-25: the documented replica, copied by the broker, is promoted, filled back and left again, with the record', async () => {
  const output = await run(documentedCommands('docs/replicas.md', 'replica'));
  assert.equal(timesIn(output, 'test message'), 2, output);
  assert.equal(output.match(/is made of/g)?.length, 2, 'promoted, and promoted back');
});
