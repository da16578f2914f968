import { request } from 'node:http';
import { HTTP_PORT } from '../api/index.ts';
import { parseReport } from '../plan/index.ts';
import type { BrokerReport } from '../plan/index.ts';

const PATIENCE_MS = 2_000;
const MAX_BYTES = 1 << 20;

/** GET /status of a broker; undefined if it does not answer in time, or not like a broker. Never rejects. */
export function probeBroker(podIP: string): Promise<BrokerReport | undefined> {
  return new Promise((resolve) => {
    const give = (report: BrokerReport | undefined): void => {
      clearTimeout(timer);
      resolve(report);
    };
    const options = { host: podIP, port: HTTP_PORT, path: '/status', headers: { connection: 'close' } };
    const outgoing = request(options, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BYTES) outgoing.destroy();
        else chunks.push(chunk);
      });
      answer.on('end', () => give(answer.statusCode === 200 ? parseText(Buffer.concat(chunks)) : undefined));
      answer.on('error', () => give(undefined));
    });
    const timer = setTimeout(() => outgoing.destroy(), PATIENCE_MS);
    outgoing.on('error', () => give(undefined));
    outgoing.on('close', () => give(undefined));
    outgoing.end();
  });
}

function parseText(body: Buffer): BrokerReport | undefined {
  try {
    return parseReport(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}
