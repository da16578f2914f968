import { createHash } from 'node:crypto';
import { compareKeys } from '../../../src/store/index.ts';
import { FakeServer } from './fake-server.ts';
import type { WireAnswer, WireRequest } from './fake-server.ts';

export const FAKE_ACCOUNT = 'fakeaccount';
export const FAKE_CONTAINER = 'fake-container';

interface StoredBlob {
  readonly body: Buffer;
  readonly scope: string | undefined;
  readonly keySha256: string | undefined;
  /** Content-MD5, as it is kept. */
  readonly md5?: string | undefined;
  /** Only readable after rehydration. */
  archived: boolean;
}

/** Azure Blob Storage by its REST reference: Put Blob, Put Block, Put Block List, Get Blob, Get Blob Properties, Delete Blob, List Blobs. */
export class FakeAzure extends FakeServer {
  readonly objects = new Map<string, StoredBlob>();
  /** Blocks that are staged and not committed, by name and id. */
  readonly blocks = new Map<string, Map<string, Buffer>>();
  /** Names whose deletion is refused. */
  readonly undeletable = new Set<string>();
  /** False: `startFrom` is ignored, as older versions of the service and emulators do. */
  knowsStartFrom = true;
  /** Called for every request; an answer refuses it. */
  gate: ((request: WireRequest) => WireAnswer | undefined) | undefined;

  /** Puts blobs of one byte there, past the wire. */
  seed(names: readonly string[]): void {
    const body = Buffer.from('x');
    for (const name of names) {
      this.objects.set(name, { body, scope: undefined, keySha256: undefined, archived: false });
    }
  }

  protected handle(request: WireRequest): WireAnswer {
    const refused = this.gate?.(request);
    if (refused !== undefined) return refused;
    const [, account = '', container = '', ...rest] = request.path.split('/').map(decodeURIComponent);
    // "Common REST API error codes" and "Blob Storage error codes"; the code is in a header, too, which HEAD needs.
    if (account !== FAKE_ACCOUNT) return azureRefusal(404, 'ResourceNotFound');
    if (container !== FAKE_CONTAINER) return azureRefusal(404, 'ContainerNotFound');
    const name = rest.join('/');
    if (request.query.get('comp') === 'list') return this.#list(request.query);
    switch (request.method) {
      case 'PUT':
        if (request.query.get('comp') === 'block') return this.#block(name, request);
        if (request.query.get('comp') === 'blocklist') return this.#commit(name, request);
        return this.#put(name, request);
      case 'DELETE':
        return this.#delete(name);
      case 'HEAD':
      case 'GET':
        return this.#get(name, request);
      default:
        return azureRefusal(405, 'UnsupportedHttpVerb');
    }
  }

  #put(name: string, { headers, body }: WireRequest): WireAnswer {
    const md5 = createHash('md5').update(body).digest('base64');
    // Put Blob: "If the two hashes don't match, the operation fails with error code 400 (Bad Request)": Md5Mismatch.
    if (headers['content-md5'] !== undefined && headers['content-md5'] !== md5) return azureRefusal(400, 'Md5Mismatch');
    // "Specifying conditional headers": Put Blob with If-None-Match: * answers 409 BlobAlreadyExists if the blob is there.
    if (headers['if-none-match'] === '*' && this.objects.has(name)) return azureRefusal(409, 'BlobAlreadyExists');
    const scope = headers['x-ms-encryption-scope'];
    const keySha256 = headers['x-ms-encryption-key-sha256'];
    // Put Blob: the service keeps the MD5 that it computes.
    this.objects.set(name, { body, scope, keySha256, archived: false, md5 });
    return {
      status: 201,
      headers: {
        etag: '"0x1"',
        'x-ms-request-server-encrypted': 'true',
        ...(scope === undefined ? {} : { 'x-ms-encryption-scope': scope }),
        ...(keySha256 === undefined ? {} : { 'x-ms-encryption-key-sha256': keySha256 }),
      },
    };
  }

  /** Put Block: kept beside the blob until a list of blocks is committed, or the name is written. */
  #block(name: string, { headers, query, body }: WireRequest): WireAnswer {
    const md5 = createHash('md5').update(body).digest('base64');
    if (headers['content-md5'] !== undefined && headers['content-md5'] !== md5) return azureRefusal(400, 'Md5Mismatch');
    const blocks = this.blocks.get(name) ?? new Map<string, Buffer>();
    this.blocks.set(name, blocks.set(query.get('blockid') ?? '', body));
    return { status: 201, headers: { 'x-ms-request-server-encrypted': 'true' } };
  }

  /** Put Block List: "any blocks that are not specified in the block list are garbage collected", whoever staged them. */
  #commit(name: string, { headers, body }: WireRequest): WireAnswer {
    if (headers['if-none-match'] === '*' && this.objects.has(name)) return azureRefusal(409, 'BlobAlreadyExists');
    const ids = [...body.toString().matchAll(/<Latest>(.*?)<\/Latest>/g)].map(([, id]) => id!);
    const blocks = ids.map((id) => this.blocks.get(name)?.get(id));
    if (blocks.includes(undefined)) return azureRefusal(400, 'InvalidBlockList');
    this.blocks.delete(name);
    const scope = headers['x-ms-encryption-scope'];
    const keySha256 = headers['x-ms-encryption-key-sha256'];
    // x-ms-blob-content-md5 "isn't validated, because the hashes for the individual blocks were validated"; without it there is none.
    const md5 = headers['x-ms-blob-content-md5'];
    const whole = Buffer.concat(blocks as readonly Buffer[]);
    this.objects.set(name, { body: whole, scope, keySha256, archived: false, md5 });
    return {
      status: 201,
      headers: {
        etag: '"0x1"',
        ...(scope === undefined ? {} : { 'x-ms-encryption-scope': scope }),
        ...(keySha256 === undefined ? {} : { 'x-ms-encryption-key-sha256': keySha256 }),
      },
    };
  }

  #get(name: string, { method, headers }: WireRequest): WireAnswer {
    const found = this.objects.get(name);
    if (found === undefined) return azureRefusal(404, 'BlobNotFound');
    if (found.keySha256 !== headers['x-ms-encryption-key-sha256']) {
      return azureRefusal(409, 'BlobUsesCustomerSpecifiedEncryption');
    }
    const shared = { etag: '"0x1"', 'x-ms-blob-type': 'BlockBlob', 'accept-ranges': 'bytes' };
    const md5 = found.md5 === undefined ? {} : { 'content-md5': found.md5 };
    if (method === 'HEAD') {
      return { status: 200, headers: { ...shared, 'content-length': String(found.body.length), ...md5 } };
    }
    // "Blob rehydration from the archive tier": reading is refused with 409 BlobArchived; the properties are there.
    if (found.archived) return azureRefusal(409, 'BlobArchived');
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers['x-ms-range'] ?? headers['range'] ?? '');
    if (range === null) return { status: 200, headers: { ...shared, ...md5 }, body: found.body };
    const start = Number(range[1]);
    if (start >= found.body.length) return azureRefusal(416, 'InvalidRange');
    const body = found.body.subarray(start, range[2] === '' ? undefined : Number(range[2]) + 1);
    const contentRange = `bytes ${start}-${start + body.length - 1}/${found.body.length}`;
    // Get Blob: of a range, Content-MD5 is not that of the blob, which has a header of its own.
    const ofBlob = found.md5 === undefined ? {} : { 'x-ms-blob-content-md5': found.md5 };
    return { status: 206, headers: { ...shared, 'content-range': contentRange, ...ofBlob }, body };
  }

  /** List Blobs: at most 5,000 a page, an opaque marker where the next one begins; `startFrom` is inclusive. */
  #list(query: URLSearchParams): WireAnswer {
    const prefix = query.get('prefix') ?? '';
    const from = this.knowsStartFrom ? (query.get('startFrom') ?? '') : '';
    const marker = Buffer.from(query.get('marker') ?? '', 'base64').toString();
    const limit = Math.min(5000, Number(query.get('maxresults') ?? 5000));
    const names = [...this.objects.keys()]
      .filter((name) => name.startsWith(prefix) && compareKeys(name, from) >= 0 && compareKeys(name, marker) > 0)
      .sort(compareKeys);
    const page = names.slice(0, limit);
    const next = names.length > page.length ? Buffer.from(page.at(-1)!).toString('base64') : '';
    const blobs = page.map(
      (name) =>
        `<Blob><Name>${xml(name)}</Name><Properties><Content-Length>${this.objects.get(name)!.body.length}` +
        '</Content-Length><BlobType>BlockBlob</BlobType><Etag>0x1</Etag>' +
        '<Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified></Properties></Blob>',
    );
    return {
      status: 200,
      headers: { 'content-type': 'application/xml' },
      body:
        `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${this.endpoint}/" ` +
        `ContainerName="${FAKE_CONTAINER}"><Prefix>${xml(prefix)}</Prefix><MaxResults>${limit}</MaxResults>` +
        `<Blobs>${blobs.join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`,
    };
  }

  #delete(name: string): WireAnswer {
    if (this.undeletable.has(name)) return azureRefusal(403, 'AuthorizationPermissionMismatch');
    return this.objects.delete(name) ? { status: 202 } : azureRefusal(404, 'BlobNotFound');
  }
}

export function azureRefusal(status: number, code: string): WireAnswer {
  return {
    status,
    headers: { 'x-ms-error-code': code, 'x-ms-request-id': 'R1', 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>Words.\nRequestId:R1</Message></Error>`,
  };
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
