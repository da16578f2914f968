import { connect as openSocket } from 'node:net';
import type { LookupFunction } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';

/**
 * A client that is as patient as an application in production, and tries again quickly, so that what it measures is the broker's absence
 * and not its own pause. `lookup` finds addresses where the system's resolver does not know the cluster's names.
 */
export function connect(brokers: readonly string[], lookup?: LookupFunction): Kafka {
  return new Kafka({
    clientId: 'cluster-suite',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    // A pod that is killed takes its end of the connection with it: nobody ever answers.
    requestTimeout: 3_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 250, retries: Number.MAX_SAFE_INTEGER },
    socketFactory: ({ host, port, onConnect }) => {
      const socket = openSocket({ host, port, ...(lookup === undefined ? {} : { lookup }) }, onConnect);
      socket.setKeepAlive(true, 60_000);
      return socket;
    },
  });
}
