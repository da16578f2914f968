import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HttpAgents } from './system-http-agents.ts';

export interface HttpSend {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Left out: a connection of its own, past any proxy. */
  readonly agents?: HttpAgents;
  /** No answer after so long is an error. */
  readonly timeoutMs: number;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
}

/** A reply larger than this is an error: what is asked here is answered in a few hundred bytes. */
const LARGEST_REPLY_BYTES = 1024 * 1024;

/** Sends one small request; every status is a reply. Rejects with the runtime's own error if there is none. */
export function sendHttp({ method, url, headers, body, agents, timeoutMs }: HttpSend): Promise<HttpReply> {
  const isSecure = url.startsWith('https:');
  const send = isSecure ? httpsRequest : httpRequest;
  const agent = isSecure ? agents?.https : agents?.http;
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(agent === undefined ? {} : { agent }),
    };
    const request = send(url, options, (response) => {
      const chunks: string[] = [];
      let size = 0;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > LARGEST_REPLY_BYTES) response.destroy(new Error('the reply is too large'));
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: chunks.join('') }));
    });
    request.once('error', reject);
    request.end(body);
  });
}
