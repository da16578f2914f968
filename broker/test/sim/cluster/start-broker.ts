import { Broker, buildPartitions, defaultBrokerLimits } from '../../../src/broker/index.ts';
import type { BrokerPartitions } from '../../../src/broker/index.ts';
import { boot } from '../../../src/recovery/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import type { SimBroker, SimEnvironment } from './environment.ts';

/** The real broker, put together as the command line does it, over what the simulation supplies. */
export async function startBroker(environment: SimEnvironment): Promise<SimBroker> {
  const { brokerId, clock, random, disk, transport, logger, options, host, port } = environment;
  const store = new PatientStore(environment.store, { clock, random });
  const limits = { ...defaultBrokerLimits, tailBytes: options.tailBytes, offsetsTopicPartitions: 3 };
  let partitions: BrokerPartitions | undefined;
  const booted = await boot({
    clock,
    random,
    disk,
    logger,
    store,
    replicas: [],
    dataDirectory: environment.dataDirectory,
    broker: brokerId,
    address: { host, port },
    installation: options.installation,
    lineage: undefined,
    onDamage: 'hold',
    version: '0.0.0',
    lockOwner: 'a simulated process',
    metadata: { heartbeatMs: options.metadataHeartbeatMs, uploadIntervalMs: options.metadataUploadIntervalMs },
    data: { lingerMs: options.lingerMs, targetBytes: options.targetBytes },
    makePartitions: (hlc) => {
      partitions = buildPartitions({ brokerId, clock, hlc, coldStore: store, limits });
      return partitions.manager;
    },
  });
  if (partitions === undefined) throw new Error('The boot has made no partitions.');
  const broker = new Broker({
    brokerId,
    clock,
    random,
    transport,
    logger,
    listen: { host: '0.0.0.0', port },
    metadata: booted.metadata,
    dataStream: booted.stream,
    localWal: booted.localWal,
    partitions,
    limits,
    staticConfigs: new Map(),
    groups: {},
    onFatal: (error) => environment.exit(error.message),
  });
  await broker.start();
  return {
    stop: async () => {
      await broker.stop();
      await booted.lock.release();
    },
  };
}
