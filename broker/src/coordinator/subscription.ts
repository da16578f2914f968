import { ConsumerProtocolSubscription, KafkaCodecError, decodeVersioned } from '../kafka/index.ts';

/** `protocol_type` of ordinary consumers; Connect and others bring their own. */
export const consumerProtocolType = 'consumer';

/** Topics named in a consumer's subscription, or undefined when the bytes are something else. */
export function subscribedTopicsOf(subscription: Buffer): readonly string[] | undefined {
  try {
    return decodeVersioned(ConsumerProtocolSubscription, subscription).value.topics;
  } catch (error) {
    // Members may send any bytes that they understand among themselves; what depends on the topics then says no.
    if (error instanceof KafkaCodecError) return undefined;
    throw error;
  }
}
