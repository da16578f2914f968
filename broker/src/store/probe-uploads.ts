import { randomHex } from '../edge/index.ts';
import type { Random } from '../edge/index.ts';
import type { PatientStore } from './patient-store.ts';
import { PROBE_PREFIX } from './probe.ts';

const PART_BYTES = 8 * 1024 * 1024;

/**
 * Whether the store gives a name once to uploads in parts, too: some keep the condition of a PUT and ignore that of a completion.
 * Two small uploads of one name, the second begun before the first ended. Outages are waited out. False also if the store takes no
 * objects in parts.
 */
export async function provesUploads(store: PatientStore, random: Random, signal?: AbortSignal): Promise<boolean> {
  if (!store.takesParts) return false;
  const key = `${PROBE_PREFIX}${randomHex(random, 8)}/parts`;
  const [first, second] = [random.bytes(32), random.bytes(32)];
  const upload = (body: Buffer, read: () => Promise<Buffer>): Promise<string> =>
    store.createInParts({
      key,
      sizeBytes: body.length,
      partBytes: PART_BYTES,
      read,
      recognise: async () => {
        const found = await store.get(key, undefined, signal);
        if (found === undefined) return 'absent';
        return found.equals(body) ? 'ours' : 'other';
      },
      ...(signal === undefined ? {} : { signal }),
    });
  let earlier: Promise<string> | undefined;
  try {
    const late = await upload(second, async () => {
      earlier ??= upload(first, () => Promise.resolve(first));
      await earlier;
      return second;
    });
    const kept = await store.get(key, undefined, signal);
    return (await earlier) === 'created' && late === 'exists' && kept?.equals(first) === true;
  } finally {
    if (signal?.aborted !== true) await store.tryDelete([key], signal);
  }
}
