import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameParser } from '../../src/net/frame-parser.ts';

function framed(payload: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(payload.length);
  return Buffer.concat([size, payload]);
}

/** Cuts `bytes` at the given places and feeds them; `refuse` says at which calls the sink takes nothing. */
function parse(bytes: Buffer, cuts: readonly number[], refuse: () => boolean): Buffer[] {
  const seen: Buffer[] = [];
  const parser = new FrameParser(
    {
      frame: (payload) => {
        seen.push(Buffer.from(payload));
        return !refuse();
      },
      admit: () => !refuse(),
      begin: () => undefined,
    },
    10_000,
  );
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    parser.push(bytes.subarray(from, place));
    parser.advance();
    from = place;
  }
  for (let i = 0; i < bytes.length + 100; i++) parser.advance();
  return seen;
}

test('requests come out whole however the bytes are cut and the sink hesitates', () => {
  const payloads = fc.array(fc.uint8Array({ minLength: 8, maxLength: 60 }), { maxLength: 8 });
  fc.assert(
    fc.property(
      payloads,
      fc.array(fc.nat(600), { maxLength: 30 }),
      fc.array(fc.boolean()),
      (sent, cuts, hesitation) => {
        const bytes = Buffer.concat(sent.map(framed));
        let call = 0;
        const seen = parse(bytes, cuts, () => hesitation[call++] ?? false);
        assert.deepEqual(
          seen,
          sent.map((payload) => Buffer.from(payload)),
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('a size that no request may have is refused before anything is allocated', () => {
  for (const size of [-1, 0, 7, 10_001, 0x7fff_ffff, -0x8000_0000]) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(size);
    assert.throws(() => parse(bytes, [], () => false), { code: 'FRAME_SIZE' });
    assert.throws(() => parse(bytes, [1, 2, 3], () => false), { code: 'FRAME_SIZE' });
  }
});

test('a request within one chunk is not copied', () => {
  const chunk = framed(Buffer.alloc(20, 7));
  let seen: Buffer | undefined;
  const parser = new FrameParser(
    {
      frame: (payload) => {
        seen = payload;
        return true;
      },
      admit: () => true,
      begin: () => undefined,
    },
    100,
  );
  parser.push(chunk);
  parser.advance();
  assert.equal(seen?.buffer, chunk.buffer);
});
