import { Broker, buildPartitions, defaultBrokerLimits } from '../../../src/broker/index.ts';
import type { BrokerPartitions } from '../../../src/broker/index.ts';
import { TimelineWatch, boot } from '../../../src/recovery/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import type { ObjectStore } from '../../../src/store/index.ts';
import type { SimBroker, SimEnvironment } from './environment.ts';

/** The real broker, put together as the command line does it, over what the simulation supplies. */
export async function startBroker(environment: SimEnvironment): Promise<SimBroker> {
  const { brokerId, clock, random, disk, transport, logger, options, host, port, promotion } = environment;
  const patient = (store: ObjectStore): PatientStore => new PatientStore(store, { clock, random });
  const store = patient(environment.store);
  const replicas = environment.replicas.map(patient);
  const limits = { ...defaultBrokerLimits, tailBytes: options.tailBytes, offsetsTopicPartitions: 3 };
  let partitions: BrokerPartitions | undefined;
  const booted = await boot({
    clock,
    random,
    disk,
    logger,
    store,
    replicas,
    isStoreNamed: environment.isStoreNamed,
    ...(promotion === undefined ? {} : { promotion: { ...promotion, storeName: store.description } }),
    dataDirectory: environment.dataDirectory,
    broker: brokerId,
    address: { host, port },
    installation: options.installation,
    lineage: undefined,
    onDamage: 'hold',
    version: '0.0.0',
    lockOwner: 'a simulated process',
    metadata: { heartbeatMs: options.metadataHeartbeatMs, uploadIntervalMs: options.metadataUploadIntervalMs },
    data: {
      lingerMs: options.lingerMs,
      targetBytes: options.targetBytes,
      ...(replicas.length === 0 ? {} : { heartbeatMs: options.metadataHeartbeatMs }),
    },
    localWalFileBytes: options.localWalFileBytes,
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
  if (replicas.length > 0) {
    const watch = new TimelineWatch({
      clock,
      logger,
      stores: [store, ...replicas],
      lineage: booted.lineage,
      timeline: booted.timeline,
      store: store.address,
      everyMs: options.metadataHeartbeatMs,
      onSuperseded: (error) => broker.fence(error),
    });
    booted.metadata.fenced.addEventListener('abort', () => watch.stop(), { once: true });
  }
  const clamped = booted.report.anomalies.filter(({ kind }) => kind === 'offset-clamped');
  return {
    clampedOffsets: clamped.map(({ what, detail }) => `${what}: ${detail}`),
    stop: async () => {
      await broker.stop();
      await booted.lock.release();
    },
  };
}
