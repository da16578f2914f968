import { systemTransport } from '../edge/index.ts';

/**
 * Proves that the port can be bound, and picks one if it is 0. It is free again when this resolves; the broker binds it once it
 * has something to serve. Rejects with PORT_IN_USE, PORT_FORBIDDEN or ADDRESS_NOT_AVAILABLE.
 */
export async function reservePort(host: string, port: number): Promise<number> {
  const listener = await systemTransport.listen(host, port, (connection) => connection.destroy());
  await listener.close();
  return listener.port;
}
