import type { CallOptions, CreateResult, LargeUpload, LargeUploads, UploadShape } from './object-store.ts';
import { StoreError } from './store-error.ts';

export interface PartsRequest extends UploadShape {
  readonly key: string;
  /** The bytes of a part; asked for in order, from the first again whenever the upload has to begin anew. */
  readonly read: (start: number, length: number) => Promise<Buffer>;
  /** Whose object lies under the name, asked after an answer that does not say it; see CreateRequest. */
  readonly recognise: () => Promise<'ours' | 'other' | 'absent'>;
  readonly signal?: AbortSignal;
}

/** How single requests are carried out, with all the patience that they take. */
export interface UploadSteps {
  repeat<T>(operation: 'part', bytes: number, run: (signal: AbortSignal) => Promise<T>): Promise<T>;
  complete<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T | 'unknown'>;
  /** `failed`: uploads that came to nothing so far. */
  pause(failed: number): Promise<void>;
}

/**
 * Creates an object in parts, and settles what an unclear completion meant by looking at the name. Two parts are in memory at
 * most: the one that is sent and the next. What was sent of an upload that ends otherwise is thrown away, best effort.
 */
export async function createInParts(
  uploads: LargeUploads,
  request: PartsRequest,
  steps: UploadSteps,
): Promise<'created' | 'exists' | 'vanished'> {
  const { key, sizeBytes, partBytes, signal } = request;
  for (let failed = 1; ; failed += 1) {
    const upload = await steps.repeat('part', 0, (attempt) =>
      uploads.begin(key, { sizeBytes, partBytes }, { signal: attempt }),
    );
    const answer = await sendAll(upload, request, steps);
    if (answer === 'created') return 'created';
    const owner = await request.recognise();
    if (owner === 'ours') return 'created';
    await abort(upload, signal === undefined ? {} : { signal });
    if (owner === 'other') return 'exists';
    if (answer === 'exists') return 'vanished';
    await steps.pause(failed);
  }
}

async function sendAll(
  upload: LargeUpload,
  { sizeBytes, partBytes, read, signal }: PartsRequest,
  steps: UploadSteps,
): Promise<CreateResult | 'gone' | 'unknown'> {
  const partAt = (start: number): Promise<Buffer> => {
    const reading = read(start, Math.min(partBytes, sizeBytes - start));
    // It may fail while the part before it is being sent, when nobody waits for it yet, or ever.
    reading.catch(() => undefined);
    return reading;
  };
  let ahead: Promise<Buffer> | undefined;
  try {
    for (let start = 0; start < sizeBytes; start += partBytes) {
      const part = await (ahead ?? partAt(start));
      const next = start + partBytes;
      ahead = next < sizeBytes ? partAt(next) : undefined;
      const index = start / partBytes;
      const sent = await steps.repeat('part', part.length, (attempt) => upload.send(index, part, { signal: attempt }));
      if (sent === 'gone') return 'gone';
    }
    return await steps.complete((attempt) => upload.complete({ signal: attempt }));
  } catch (error) {
    await abort(upload, signal === undefined || signal.aborted ? {} : { signal });
    throw error;
  }
}

async function abort(upload: LargeUpload, options: CallOptions): Promise<void> {
  try {
    await upload.abort(options);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
