import { createServer, connect as connectSocket } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { ChronikError } from './errors.ts';
import { SystemConnection } from './system-connection.ts';
import type { Connection, Listener, Transport } from './transport.ts';

/** Plain TCP of the real network. */
export const systemTransport: Transport = { listen, connect };

function listen(host: string, port: number, onConnection: (connection: Connection) => void): Promise<Listener> {
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    onConnection(new SystemConnection(socket));
  });
  return new Promise((resolve, reject) => {
    function onError(error: Error): void {
      reject(listenError(host, port, error));
    }
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve({ port: (server.address() as AddressInfo).port, close: () => closeServer(server) });
    });
  });
}

function connect(host: string, port: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, noDelay: true, keepAlive: true });
    function onError(error: Error): void {
      reject(
        new ChronikError('CONNECT_FAILED', `Cannot connect to ${host}:${port}: ${error.message}`, {
          remedy: 'Check that the other side runs, that the address is right and that no firewall stands between.',
          details: { host, port },
          cause: error,
        }),
      );
    }
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve(new SystemConnection(socket));
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The callback waits for open connections, which may live on; the port itself is free at once.
    server.close();
    resolve();
  });
}

function listenError(host: string, port: number, error: Error): ChronikError {
  const address = `${host}:${port}`;
  const options = { details: { host, port }, cause: error };
  switch ('code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return new ChronikError('PORT_IN_USE', `Cannot listen on ${address}: another program uses this port`, {
        ...options,
        remedy: `Stop the other program (find it with "ss -ltnp sport = :${port}") or choose another port.`,
      });
    case 'EACCES':
    case 'EPERM':
      return new ChronikError('PORT_FORBIDDEN', `Cannot listen on ${address}: the system does not allow it`, {
        ...options,
        remedy: 'Ports below 1024 need a privilege; choose a higher port.',
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ChronikError(
        'ADDRESS_NOT_AVAILABLE',
        `Cannot listen on ${address}: this machine has no such address`,
        {
          ...options,
          remedy: 'Listen on 0.0.0.0, or on an address that belongs to this machine.',
        },
      );
    default:
      return new ChronikError('LISTEN_FAILED', `Cannot listen on ${address}: ${error.message}`, options);
  }
}
