import type { BrokerRegistered, MetadataLog } from '../meta/index.ts';

/** Says the broker's registration again with something changed; nothing happens if it has none. */
export async function changeRegistration(
  metadata: MetadataLog,
  broker: number,
  change: Partial<Pick<BrokerRegistered, 'port' | 'diskAcks'>>,
): Promise<void> {
  const registered = metadata.image.broker(broker);
  if (registered === undefined) return;
  const { streamEpoch, host, port, installation, diskAcks, rack } = registered;
  const same = { broker, streamEpoch, host, port, installation, diskAcks, rack };
  await metadata.append([{ kind: 'brokerRegistered', ...same, ...change }]);
}
