/** The inputs behind vectors/compressed.txt: the same rule as in vectors/make-compressed.py. */

function randomBytes(count: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return (state >> 16) & 0xff;
    }),
  );
}

const text = Buffer.from(Array.from({ length: 4000 }, (_, i) => `line ${i % 97} of the text\n`).join(''));

export const compressedInputs: ReadonlyMap<string, Buffer> = new Map([
  ['empty', Buffer.alloc(0)],
  ['one', Buffer.from('x')],
  ['short', Buffer.from('abcabcabcabcabc')],
  ['random', randomBytes(700)],
  ['run', Buffer.alloc(70_000, 'z')],
  ['text', text],
  ['mixed', Buffer.concat([randomBytes(300), text.subarray(0, 40_000), randomBytes(300), text.subarray(0, 40_000)])],
]);
