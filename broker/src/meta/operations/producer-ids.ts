import type { MetadataImage } from '../image.ts';
import type { MetadataUpdate } from '../metadata-log.ts';

/** Producer ids firstProducerId .. firstProducerId + count - 1. */
export interface ProducerIdBlock {
  readonly firstProducerId: number;
  readonly count: number;
}

const BLOCK_SIZE = 1000;

/** The next block of producer ids, for a broker to hand out. No id is ever in two blocks. */
export function allocateProducerIds(image: MetadataImage, broker: number): MetadataUpdate<ProducerIdBlock> {
  const block = { firstProducerId: image.nextProducerId, count: BLOCK_SIZE };
  return { events: [{ kind: 'producerIdBlockAllocated', broker, ...block }], result: block };
}
