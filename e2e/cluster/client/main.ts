// A Kafka client in a pod, driven over HTTP: POST /NAME with a plan as JSON calls the operation of that name.
// BOOTSTRAP is where it begins: host:port of a broker or of the service before them.
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from './connect.ts';
import { operationsOf } from './operations.ts';
import type { Operations } from './operations.ts';

const PORT = 8080;
const { BOOTSTRAP = '' } = process.env;
const operations = operationsOf(connect([BOOTSTRAP]));

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function answer(request: IncomingMessage): Promise<unknown> {
  const name = (request.url ?? '').slice(1);
  if (!Object.hasOwn(operations, name)) throw new Error(`no operation is called ${name}`);
  const operation = operations[name as keyof Operations] as (plan: unknown) => Promise<unknown>;
  return operation(await bodyOf(request));
}

createServer((request, response) => {
  answer(request).then(
    (result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result })),
    (error: unknown) =>
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ message: String(error) })),
  );
}).listen(PORT);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
