import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerProcess } from '../../support/broker-process.ts';
import type { Peer, RunningPeer } from './peer.ts';
import { StablePorts } from './stable-ports.ts';

const NAME = 'Chronik';

export interface ChronikOptions {
  /** As the tables name it. */
  readonly name?: string;
  /** Settings, for the directory in which it runs. */
  readonly environment?: (directory: string) => Readonly<Record<string, string>>;
}

/** This broker, with a bucket in a local directory beside its data directory. */
export function chronikPeer({ name = NAME, environment = () => ({}) }: ChronikOptions = {}): Peer {
  const ports = new StablePorts();
  return {
    name,
    guarantee: 'acks=1: fdatasync of the local WAL; acks=all: durable object in the bucket (a local directory)',
    launch: async (directory): Promise<RunningPeer> => {
      const [port, httpPort] = await ports.of(directory);
      const broker = BrokerProcess.launch({
        port,
        httpPort,
        dataDirectory: join(directory, 'data'),
        environment: { LOCAL_STORAGE_PATH: join(directory, 'bucket'), ...environment(directory) },
      });
      const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
        const exit = await broker.stop(signal);
        if (signal === 'SIGTERM' && exit.code !== 0) {
          throw new Error(`Chronik did not stop cleanly (${exit.signal ?? exit.code})\n${broker.lastWords()}`);
        }
      };
      return {
        name,
        bootstrap: `127.0.0.1:${port}`,
        httpUrl: `http://127.0.0.1:${httpPort}`,
        pid: broker.pid,
        stop: () => end('SIGTERM'),
        kill: () => end('SIGKILL'),
      };
    },
    loseDisk: (directory) => rm(join(directory, 'data'), { recursive: true, force: true }),
  };
}
