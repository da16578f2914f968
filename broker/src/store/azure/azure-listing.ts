import { StorageResponseFormat } from '@azure/storage-blob';
import type { ContainerClient, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob';
import { compareKeys } from '../object-key.ts';
import type { ListedObject } from '../object-store.ts';

const BLOBS_PER_PAGE = 5000;
const REMEMBERED_PLACES = 64;

export interface Page {
  readonly blobs: readonly ListedObject[];
  /** Azure's word for where the next page begins; undefined = there is none. */
  readonly marker: string | undefined;
}

/**
 * Listing from a name on. Azure has `startFrom`, from a late version of its service on; older ones and emulators ignore it and
 * begin at the prefix. So what comes before the start is left out here, and the place where the last page ended is
 * remembered by Azure's own marker: a walk page by page costs no more where `startFrom` is not known.
 */
export class AzureListing {
  readonly #markers = new Map<string, string>();

  /** Blobs whose names start with `prefix` and come after `after`, at least one unless there are no more. */
  async page(
    client: ContainerClient,
    { prefix, after, limit }: { readonly prefix: string; readonly after: string | undefined; readonly limit: number },
    signal: AbortSignal | undefined,
  ): Promise<{ readonly blobs: readonly ListedObject[]; readonly more: boolean }> {
    let marker = after === undefined ? undefined : this.#markers.get(placeOf(prefix, after));
    for (;;) {
      const page = await onePage(client, { prefix, after, marker, limit }, signal);
      marker = page.marker;
      const later = after === undefined ? page.blobs : page.blobs.filter(({ key }) => compareKeys(key, after) > 0);
      const blobs = later.slice(0, limit);
      if (blobs.length === 0 && marker !== undefined) continue;
      const last = blobs.at(-1);
      if (last !== undefined && marker !== undefined && blobs.length === later.length) {
        this.#remember(placeOf(prefix, last.key), marker);
      }
      return { blobs, more: marker !== undefined || later.length > blobs.length };
    }
  }

  #remember(place: string, marker: string): void {
    this.#markers.set(place, marker);
    const [oldest] = this.#markers.keys();
    if (this.#markers.size > REMEMBERED_PLACES && oldest !== undefined) this.#markers.delete(oldest);
  }
}

async function onePage(
  client: ContainerClient,
  place: {
    readonly prefix: string;
    readonly after: string | undefined;
    readonly marker: string | undefined;
    readonly limit: number;
  },
  signal: AbortSignal | undefined,
): Promise<Page> {
  const { prefix, after, marker, limit } = place;
  const pages = client
    .listBlobsFlat({
      prefix,
      responseFormat: StorageResponseFormat.Xml,
      ...(after === undefined || marker !== undefined ? {} : { startFrom: after }),
      ...(signal === undefined ? {} : { abortSignal: signal }),
    })
    .byPage({
      // Unlike a marker, the start is inclusive: one more is asked for.
      maxPageSize: Math.min(after === undefined || marker !== undefined ? limit : limit + 1, BLOBS_PER_PAGE),
      ...(marker === undefined ? {} : { continuationToken: marker }),
    });
  const result: IteratorResult<ContainerListBlobFlatSegmentResponse, unknown> = await pages.next();
  if (result.done === true) throw new TypeError('The listing has no page');
  const { segment, continuationToken: next } = result.value;
  const blobs = segment.blobItems.map(({ name, properties }) => {
    if (properties.contentLength === undefined) throw new TypeError('The listing has no sizes');
    return { key: name, sizeBytes: properties.contentLength };
  });
  return { blobs, marker: next === undefined || next === '' ? undefined : next };
}

function placeOf(prefix: string, name: string): string {
  return `${prefix}\n${name}`;
}
