// The door of net/: listener, connections, and how a request finds its handler.
export { ByteBudget } from './byte-budget.ts';
export { type NetCounters, newNetCounters } from './counters.ts';
export {
  type Answer,
  Dispatcher,
  HANG_UP,
  type Handler,
  NO_RESPONSE,
  type Peer,
  type RequestContext,
  type ServedApi,
  serve,
} from './dispatcher.ts';
export type { ConnectionContext, ConnectionOptions } from './kafka-connection.ts';
export { KafkaServer, type ServerOptions } from './kafka-server.ts';
