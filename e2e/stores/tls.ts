// A store whose certificate is not trusted: run by main.ts on the store that has a certificate authority of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runChronik } from '../support/chronik-command.ts';

const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(OBJECT_STORE|S3|AZURE)_/.test(name)),
) as Readonly<Record<string, string>>;

test('without its certificate authority, the store is not talked to, and the message says what to name', async () => {
  const { OBJECT_STORE_CA_FILE: authority, ...without } = environment;
  assert.ok(authority);
  const { code, stderr } = await runChronik(['store', 'check', '--json'], without);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /SELF_SIGNED_CERT|UNABLE_TO_VERIFY|DEPTH_ZERO/);
  assert.match(stderr, /remedy: .*OBJECT_STORE_CA_FILE/);
});
