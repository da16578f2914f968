import type { WireAnswer, WireRequest } from './fake-server.ts';
import { checksumOf, encryptionOf, etagOf, preconditionFailed, s3Refusal, unxml, xml, xmlAnswer } from './s3-wire.ts';

interface Upload {
  readonly key: string;
  readonly begunMs: number;
  /** Headers of the encryption that was asked for. */
  readonly encryption: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

/** Multipart uploads by the API reference. Each rule names its page. */
export class FakeS3Uploads {
  readonly uploads = new Map<string, Upload>();
  /** True: a completion overwrites, as Ceph's gateway does (it ignores If-None-Match there). */
  ignoresConditions = false;
  /** S3's rule; less lets a test send small parts. */
  smallestPartBytes = 5 * 1024 * 1024;
  /** Which answers confirm the encryption: S3's reference names it in both, MinIO says it with the parts only. */
  confirmsEncryption: readonly ('begin' | 'part')[] = ['begin', 'part'];
  readonly #has: (key: string) => boolean;
  readonly #put: (key: string, body: Buffer) => void;
  #count = 0;

  constructor(has: (key: string) => boolean, put: (key: string, body: Buffer) => void) {
    this.#has = has;
    this.#put = put;
  }

  /** Leaves an upload behind, past the wire. */
  leave(key: string, begunMs: number): void {
    this.#count += 1;
    this.uploads.set(`left-${this.#count}`, { key, begunMs, encryption: {}, parts: new Map() });
  }

  /** Undefined: the request has nothing to do with uploads. */
  handle(key: string, request: WireRequest): WireAnswer | undefined {
    const { method, query } = request;
    if (method === 'GET' && query.has('uploads')) return this.#list(query.get('prefix') ?? '');
    if (method === 'POST' && query.has('uploads')) return this.#begin(key, request);
    const id = query.get('uploadId');
    if (id === null) return undefined;
    const upload = this.uploads.get(id);
    // "Error responses": NoSuchUpload, 404: the upload may have been aborted or completed.
    if (upload === undefined) return s3Refusal(404, 'NoSuchUpload', 'The specified upload does not exist.');
    if (method === 'PUT') return this.#part(upload, Number(query.get('partNumber')), request);
    if (method === 'POST') return this.#complete(id, upload, request);
    this.uploads.delete(id);
    return { status: 204 };
  }

  #begin(key: string, { headers }: WireRequest): WireAnswer {
    this.#count += 1;
    const id = `upload-${this.#count}`;
    const encryption = encryptionOf(headers);
    this.uploads.set(id, { key, begunMs: Date.now(), encryption, parts: new Map() });
    const result = `<InitiateMultipartUploadResult><Key>${xml(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`;
    const answer = xmlAnswer(200, result);
    return { ...answer, headers: { ...answer.headers, ...this.#confirmed('begin', encryption) } };
  }

  #part(upload: Upload, number: number, { headers, body }: WireRequest): WireAnswer {
    const checksum = headers['x-amz-checksum-crc32c'];
    if (checksum !== undefined && checksum !== checksumOf(body)) {
      return s3Refusal(400, 'BadDigest', 'The CRC32C you specified did not match what we received.');
    }
    // UploadPart: a part of the same number is overwritten.
    upload.parts.set(number, body);
    return { status: 200, headers: { etag: etagOf(body), ...this.#confirmed('part', upload.encryption) } };
  }

  #confirmed(answer: 'begin' | 'part', encryption: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return this.confirmsEncryption.includes(answer) ? encryption : {};
  }

  #complete(id: string, upload: Upload, { headers, body }: WireRequest): WireAnswer {
    // "Conditional writes": 412 if the name is taken; the upload stays.
    const conditional = headers['if-none-match'] === '*' && !this.ignoresConditions;
    if (conditional && this.#has(upload.key)) return preconditionFailed();
    const listed = [...body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part!)?.[1]),
      etag: unxml(/<ETag>(.*?)</.exec(part!)?.[1] ?? ''),
    }));
    const parts = listed.map(({ number }) => upload.parts.get(number));
    // CompleteMultipartUpload, "InvalidPart" and "EntityTooSmall": every part but the last has 5 MiB or more.
    if (parts.some((part, index) => part === undefined || etagOf(part) !== listed[index]!.etag)) {
      return s3Refusal(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
    }
    if (parts.slice(0, -1).some((part) => part!.length < this.smallestPartBytes)) {
      return s3Refusal(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    }
    this.uploads.delete(id);
    this.#put(upload.key, Buffer.concat(parts as readonly Buffer[]));
    const result = `<CompleteMultipartUploadResult><Key>${xml(upload.key)}</Key><ETag>"e-${parts.length}"</ETag></CompleteMultipartUploadResult>`;
    return xmlAnswer(200, result);
  }

  #list(prefix: string): WireAnswer {
    const listed = [...this.uploads]
      .filter(([, { key }]) => key.startsWith(prefix))
      .map(
        ([id, { key, begunMs }]) =>
          `<Upload><Key>${xml(key)}</Key><UploadId>${id}</UploadId><Initiated>${new Date(begunMs).toISOString()}</Initiated></Upload>`,
      );
    return xmlAnswer(
      200,
      `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${listed.join('')}</ListMultipartUploadsResult>`,
    );
  }
}
