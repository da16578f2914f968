import { ChronikError } from '../../edge/index.ts';

const KEY_BYTES = 32;

/** The key in a customer's key file: 32 bytes as base64. Throws SETTING_INVALID, without the contents, if it is none. */
export function customerKey(setting: string, file: string, text: string | undefined): Buffer {
  const encoded = (text ?? '').trim();
  const key = Buffer.from(encoded, 'base64');
  if (key.length === KEY_BYTES && /^[A-Za-z0-9+/]+=*$/.test(encoded)) return key;
  throw new ChronikError('SETTING_INVALID', `${setting}: ${file} does not hold a key`, {
    remedy: `Put ${KEY_BYTES} random bytes in base64 into it, and keep a copy: without it the bucket is lost.`,
    details: { file },
  });
}
