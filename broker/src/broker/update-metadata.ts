import { ChronikError, InvariantError, hasCode } from '../edge/index.ts';
import type { KafkaErrorName } from '../kafka/index.ts';
import type { MetadataImage, MetadataUpdate } from '../meta/index.ts';
import type { Services } from './services.ts';
import { within } from './within.ts';

/** Why a change of the metadata was not made, or is not known to be. */
export interface UpdateFailure {
  readonly error: KafkaErrorName;
  readonly message: string;
}

export type UpdateOutcome<T> =
  | { readonly kind: 'done'; readonly result: T; readonly image: MetadataImage }
  | ({ readonly kind: 'failed' } & UpdateFailure);

/** Makes a change that a client asked for: it is answered when the change is in the bucket, or its time is over. */
export async function updateMetadata<T>(
  { metadata, clock, logger }: Services,
  options: { readonly timeoutMs: number; readonly validateOnly?: boolean },
  build: (image: MetadataImage) => MetadataUpdate<T>,
): Promise<UpdateOutcome<T>> {
  const update = metadata.update((image) => {
    const { events, result } = build(image);
    return { events: options.validateOnly === true ? [] : events, result };
  });
  try {
    const { result, image } = await within(clock, Math.max(0, options.timeoutMs), 'Changing the metadata', update);
    return { kind: 'done', result, image };
  } catch (error) {
    if (!(error instanceof ChronikError) || error instanceof InvariantError) throw error;
    if (hasCode(error, 'TIMED_OUT')) {
      return {
        kind: 'failed',
        error: 'REQUEST_TIMED_OUT',
        message: 'The bucket has not taken the change in time; it may yet.',
      };
    }
    logger.warn(`A change of the metadata failed: ${error.message}`, { code: error.code });
    return { kind: 'failed', error: 'NOT_CONTROLLER', message: error.message };
  }
}
