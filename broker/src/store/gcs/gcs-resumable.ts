import { crc32c } from '@node-rs/crc32';
import { crc32cText } from '../object-checksum.ts';
import type { CallOptions, CreateResult, LargeUpload, LargeUploads, UploadShape } from '../object-store.ts';
import type { KeyPrefix } from '../remote/key-prefix.ts';
import type { RemoteRequest } from '../remote/remote-error.ts';
import type { GcsAnswer, GcsClient } from './gcs-client.ts';
import type { GcsObjectEncryption } from './gcs-encryption.ts';
import { gcsAnswerError, gcsRefusal, noBucketError } from './gcs-errors.ts';
import { field, parseJson } from './gcs-json.ts';

/** What an upload has in common with the other requests of its store. */
export interface GcsRequests {
  readonly client: GcsClient;
  readonly keys: KeyPrefix;
  readonly encryption: GcsObjectEncryption;
  /** Path of the bucket's objects. */
  readonly objects: string;
  /** Metadata of a new object, without its name. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly request: <T>(what: string, changes: boolean, send: (request: RemoteRequest) => Promise<T>) => Promise<T>;
}

/** Resumable uploads: a session of which the last chunk makes the object. Sessions end by themselves after a week. */
export class GcsUploads implements LargeUploads {
  readonly #requests: GcsRequests;

  constructor(requests: GcsRequests) {
    this.#requests = requests;
  }

  begin(key: string, { sizeBytes, partBytes }: UploadShape, options?: CallOptions): Promise<LargeUpload> {
    const { client, keys, encryption, objects, metadata, request } = this.#requests;
    return request(`begin to create ${key}`, true, async (sent) => {
      const query = new URLSearchParams({ uploadType: 'resumable', ifGenerationMatch: '0', ...encryption.query });
      const answer = await client.send({
        method: 'POST',
        path: `/upload${objects}?${query.toString()}`,
        headers: {
          'content-type': 'application/json; charset=UTF-8',
          'x-upload-content-length': String(sizeBytes),
          ...encryption.headers,
        },
        body: Buffer.from(JSON.stringify({ ...metadata, name: keys.nameOf(key) })),
        signal: options?.signal,
      });
      // The condition is looked at when a session begins, too.
      if (gcsRefusal(answer).reason === 'conditionNotMet') return new TakenUpload();
      if (answer.status === 404 && gcsRefusal(answer).reason === 'notFound') throw noBucketError(sent);
      const location = answer.status === 200 ? answer.headers.get('location') : null;
      const session = location === null ? null : URL.parse(location, client.endpoint);
      if (session === null) throw gcsAnswerError(sent, answer);
      return new GcsUpload(this.#requests, key, session.pathname + session.search, { sizeBytes, partBytes });
    });
  }

  abortOld(): Promise<number> {
    return Promise.resolve(0);
  }
}

/** The name was taken before anything was sent. */
class TakenUpload implements LargeUpload {
  send(): Promise<'sent'> {
    return Promise.resolve('sent');
  }

  complete(): Promise<'exists'> {
    return Promise.resolve('exists');
  }

  abort(): Promise<void> {
    return Promise.resolve();
  }
}

class GcsUpload implements LargeUpload {
  readonly #requests: GcsRequests;
  readonly #key: string;
  readonly #session: string;
  readonly #shape: UploadShape;
  /** The last part makes the object, so it is kept for `complete`. */
  #last: Buffer = Buffer.alloc(0);
  /** CRC-32C of all bytes through each part: the session is told that of the whole with its last chunk. */
  readonly #checksums: number[] = [];
  /** Bytes that the session has said it keeps. */
  #keptBytes = 0;

  constructor(requests: GcsRequests, key: string, session: string, shape: UploadShape) {
    this.#requests = requests;
    this.#key = key;
    this.#session = session;
    this.#shape = shape;
  }

  async send(index: number, part: Buffer, options?: CallOptions): Promise<'sent' | 'gone'> {
    this.#checksums[index] = crc32c(part, this.#checksums[index - 1] ?? 0);
    if (this.#startOf(index) + part.length === this.#shape.sizeBytes) {
      this.#last = part;
      return 'sent';
    }
    const end = this.#startOf(index) + part.length;
    if (end <= this.#keptBytes) return 'sent';
    return this.#requests.request(`send part ${index + 1} of ${this.#key}`, true, async (request) => {
      const answer = await this.#put(index, part, {}, options);
      if (isGone(answer)) return 'gone';
      // What of the chunk was not kept, or whose answer was lost, comes again: bytes that the session has are ignored
      // ("Resumable uploads", considerations).
      if (answer.status !== 308 || answer.headers.get('range') !== `bytes=0-${end - 1}`) {
        throw gcsAnswerError(request, answer);
      }
      this.#keptBytes = end;
      return 'sent';
    });
  }

  complete(options?: CallOptions): Promise<CreateResult | 'gone'> {
    const { encryption, request } = this.#requests;
    return request<CreateResult | 'gone'>(`create ${this.#key}`, true, async (sent) => {
      const index = this.#checksums.length - 1;
      const checksum = crc32cText(new Uint8Array(0), this.#checksums[index]);
      const answer = await this.#put(index, this.#last, { 'x-goog-hash': `crc32c=${checksum}` }, options);
      if (gcsRefusal(answer).reason === 'conditionNotMet') return 'exists';
      if (isGone(answer)) return 'gone';
      const resource = parseJson(answer.body);
      if ((answer.status !== 200 && answer.status !== 201) || field(resource, 'name') === undefined) {
        throw gcsAnswerError(sent, answer);
      }
      encryption.verify(resource, this.#key);
      return 'created';
    });
  }

  async abort(options?: CallOptions): Promise<void> {
    const { client, request } = this.#requests;
    await request('abort an upload', true, () =>
      client.send({ method: 'DELETE', path: this.#session, signal: options?.signal }),
    );
  }

  #put(
    index: number,
    part: Buffer,
    headers: Readonly<Record<string, string>>,
    options: CallOptions | undefined,
  ): Promise<GcsAnswer> {
    const { client, encryption } = this.#requests;
    const start = this.#startOf(index);
    return client.send({
      method: 'PUT',
      path: this.#session,
      headers: {
        'content-range': `bytes ${start}-${start + part.length - 1}/${this.#shape.sizeBytes}`,
        ...encryption.headers,
        ...headers,
      },
      body: part,
      signal: options?.signal,
    });
  }

  #startOf(index: number): number {
    return index * this.#shape.partBytes;
  }
}

/**
 * "Resumable uploads": 404 and 410 say that the session is over, and that the upload has to begin anew. So it does if a proxy said
 * it: that costs time, and what has landed is found under its name.
 */
function isGone({ status }: GcsAnswer): boolean {
  return status === 404 || status === 410;
}
