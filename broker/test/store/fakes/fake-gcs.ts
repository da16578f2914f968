import { createHash } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import { compareKeys } from '../../../src/store/index.ts';
import { FakeServer } from './fake-server.ts';
import type { WireAnswer, WireRequest } from './fake-server.ts';

export const FAKE_BUCKET = 'fake-bucket';

interface StoredObject {
  readonly body: Buffer;
  readonly kmsKeyName: string | undefined;
  readonly keySha256: string | undefined;
}

interface Session {
  readonly name: string;
  readonly conditional: boolean;
  readonly kmsKeyName: string | undefined;
  received: Buffer;
}

/** Google Cloud Storage by the reference of its JSON API: objects insert (multipart and resumable), get, list, delete. */
export class FakeGcs extends FakeServer {
  readonly objects = new Map<string, StoredObject>();
  /** Names whose deletion is refused. */
  readonly undeletable = new Set<string>();
  readonly sessions = new Map<string, Session>();
  /** Called for every request; an answer refuses it. */
  gate: ((request: WireRequest) => WireAnswer | undefined) | undefined;

  /** Puts objects of one byte there, past the wire. */
  seed(names: readonly string[]): void {
    const body = Buffer.from('x');
    for (const name of names) this.objects.set(name, { body, kmsKeyName: undefined, keySha256: undefined });
  }

  protected handle(request: WireRequest): WireAnswer {
    const refused = this.gate?.(request);
    if (refused !== undefined) return refused;
    const match = /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(request.path);
    if (match === null) return gcsRefusal(404, 'notFound', 'Not Found');
    const [, upload, bucket = '', name] = match;
    // "HTTP status and error codes for JSON": 404 notFound is said of a bucket as of an object.
    if (bucket !== FAKE_BUCKET) return gcsRefusal(404, 'notFound', 'The specified bucket does not exist.');
    if (upload !== undefined && (request.query.has('upload_id') || request.query.get('uploadType') === 'resumable')) {
      return this.#resumable(request);
    }
    if (upload !== undefined && request.method === 'POST') return this.#insert(request);
    if (name === undefined) return this.#list(request.query);
    const decoded = decodeURIComponent(name);
    if (request.method === 'DELETE') return this.#delete(decoded);
    if (request.query.get('alt') === 'media') return this.#download(decoded, request);
    return this.#resource(decoded, request.headers['x-goog-encryption-key-sha256']);
  }

  #insert({ headers, query, body }: WireRequest): WireAnswer {
    const boundary = /boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1] ?? '';
    const [, metadataPart, contentsPart] = body.toString('latin1').split(`--${boundary}`);
    const metadata = JSON.parse(partBody(metadataPart!)) as { readonly name: string; readonly crc32c?: string };
    const contents = Buffer.from(partBody(contentsPart!), 'latin1');
    // "Data validation": an object is only created if it matches the checksum in its metadata.
    if (metadata.crc32c !== undefined && metadata.crc32c !== checksumOf(contents)) {
      const message = `Provided CRC32C "${metadata.crc32c}" doesn't match calculated CRC32C "${checksumOf(contents)}".`;
      return gcsRefusal(400, 'invalid', message);
    }
    const name = Buffer.from(metadata.name, 'latin1').toString('utf8');
    // "Request preconditions": ifGenerationMatch=0 succeeds only if there is no live version of the object.
    if (query.get('ifGenerationMatch') === '0' && this.objects.has(name)) return conditionNotMet();
    const kmsKeyName = query.get('kmsKeyName') ?? undefined;
    const keySha256 = headers['x-goog-encryption-key-sha256'];
    this.objects.set(name, { body: contents, kmsKeyName, keySha256 });
    return this.#resource(name);
  }

  /** "Resumable uploads": a session that the last chunk ends; the condition counts when it begins and when the object is made. */
  #resumable({ method, query, headers, body }: WireRequest): WireAnswer {
    const id = query.get('upload_id');
    if (id === null) {
      const { name } = JSON.parse(body.toString()) as { readonly name: string };
      const conditional = query.get('ifGenerationMatch') === '0';
      if (conditional && this.objects.has(name)) return conditionNotMet();
      const session = `session-${this.sessions.size + 1}-${this.requests.length}`;
      const kmsKeyName = query.get('kmsKeyName') ?? undefined;
      this.sessions.set(session, { name, conditional, kmsKeyName, received: Buffer.alloc(0) });
      const location = `${this.endpoint}/upload/storage/v1/b/${FAKE_BUCKET}/o?uploadType=resumable&upload_id=${session}`;
      return { status: 200, headers: { location } };
    }
    const session = this.sessions.get(id);
    if (session === undefined) return { status: 410, body: 'Gone' };
    if (method === 'DELETE') {
      this.sessions.delete(id);
      return { status: 499 };
    }
    const [, start, , total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
    // Bytes that were received before are ignored; a chunk that leaves a gap is refused.
    if (Number(start) > session.received.length) return { status: 503, body: 'gap' };
    session.received = Buffer.concat([session.received, body.subarray(session.received.length - Number(start))]);
    const { received, name } = session;
    if (received.length < Number(total)) {
      return { status: 308, headers: { range: `bytes=0-${received.length - 1}` } };
    }
    this.sessions.delete(id);
    const hash = headers['x-goog-hash'];
    if (hash !== undefined && hash !== `crc32c=${checksumOf(received)}`) {
      return gcsRefusal(400, 'invalid', `Provided CRC32C "${hash}" doesn't match calculated CRC32C.`);
    }
    if (session.conditional && this.objects.has(name)) return conditionNotMet();
    this.objects.set(name, {
      body: received,
      kmsKeyName: session.kmsKeyName,
      keySha256: headers['x-goog-encryption-key-sha256'],
    });
    return this.#resource(name);
  }

  /** `keySha256`: of the key that came with the request. */
  #resource(name: string, keySha256?: string): WireAnswer {
    const found = this.objects.get(name);
    if (found === undefined) return noSuchObject(name);
    // "Customer-supplied encryption keys": without the key, the metadata have no hashes.
    const hash = found.keySha256 === keySha256 ? { crc32c: checksumOf(found.body) } : {};
    return json(200, {
      kind: 'storage#object',
      name,
      size: String(found.body.length),
      ...hash,
      ...(found.kmsKeyName === undefined ? {} : { kmsKeyName: `${found.kmsKeyName}/cryptoKeyVersions/1` }),
      ...(found.keySha256 === undefined
        ? {}
        : { customerEncryption: { encryptionAlgorithm: 'AES256', keySha256: found.keySha256 } }),
    });
  }

  #download(name: string, { headers }: WireRequest): WireAnswer {
    const found = this.objects.get(name);
    // Errors of downloads are plain text.
    if (found === undefined) return { status: 404, body: `No such object: ${FAKE_BUCKET}/${name}` };
    if (found.keySha256 !== headers['x-goog-encryption-key-sha256']) {
      const reason = 'resourceIsEncryptedWithCustomerEncryptionKey';
      return gcsRefusal(400, reason, 'The target object is encrypted by a customer-supplied encryption key.');
    }
    const hash = `crc32c=${checksumOf(found.body)},md5=${createHash('md5').update(found.body).digest('base64')}`;
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers['range'] ?? '');
    if (range === null) return { status: 200, headers: { 'x-goog-hash': hash }, body: found.body };
    const start = Number(range[1]);
    if (start >= found.body.length) return { status: 416, body: 'The requested range cannot be satisfied.' };
    const body = found.body.subarray(start, Number(range[2]) + 1);
    const contentRange = `bytes ${start}-${start + body.length - 1}/${found.body.length}`;
    return { status: 206, headers: { 'x-goog-hash': hash, 'content-range': contentRange }, body };
  }

  /** Objects list: at most 1,000 a page, names from `startOffset` on, that name included. */
  #list(query: URLSearchParams): WireAnswer {
    const prefix = query.get('prefix') ?? '';
    const from = query.get('startOffset') ?? '';
    const token = query.get('pageToken') ?? '';
    const limit = Math.min(1000, Number(query.get('maxResults') ?? 1000));
    const names = [...this.objects.keys()]
      .filter((name) => name.startsWith(prefix) && compareKeys(name, from) >= 0 && compareKeys(name, token) > 0)
      .sort(compareKeys);
    const page = names.slice(0, limit);
    return json(200, {
      kind: 'storage#objects',
      ...(names.length > page.length ? { nextPageToken: page.at(-1) } : {}),
      ...(page.length === 0
        ? {}
        : { items: page.map((name) => ({ name, size: String(this.objects.get(name)!.body.length) })) }),
    });
  }

  #delete(name: string): WireAnswer {
    if (this.undeletable.has(name)) return gcsRefusal(403, 'forbidden', 'no storage.objects.delete access');
    return this.objects.delete(name) ? { status: 204 } : noSuchObject(name);
  }
}

export function gcsRefusal(status: number, reason: string, message: string): WireAnswer {
  return json(status, { error: { code: status, message, errors: [{ domain: 'global', reason, message }] } });
}

function conditionNotMet(): WireAnswer {
  return gcsRefusal(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.');
}

function noSuchObject(name: string): WireAnswer {
  return gcsRefusal(404, 'notFound', `No such object: ${FAKE_BUCKET}/${name}`);
}

function json(status: number, body: object): WireAnswer {
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body: JSON.stringify(body) };
}

/** The body of a MIME part: between the empty line and the line break before the next boundary. */
function partBody(part: string): string {
  return part.slice(part.indexOf('\r\n\r\n') + 4, -2);
}

function checksumOf(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32c(body));
  return bytes.toString('base64');
}
