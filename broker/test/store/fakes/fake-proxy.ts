import { createServer, request as forward } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP proxy that carries every request for whatever host to one port of this machine. */
export class FakeProxy {
  carried = 0;
  /** Hosts that a TLS connection was asked for; none is made. */
  readonly tunnels: string[] = [];
  readonly #server: Server;

  constructor(targetPort: number) {
    this.#server = createServer((incoming, outgoing) => {
      this.carried += 1;
      // A request to a proxy has the whole URL where the path would be.
      const url = new URL(incoming.url ?? '');
      const { method, headers } = incoming;
      const onward = forward(
        { host: '127.0.0.1', port: targetPort, method, path: url.pathname + url.search, headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      incoming.pipe(onward);
    });
    this.#server.on('connect', ({ url }, socket) => {
      this.tunnels.push(url ?? '');
      socket.destroy();
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
