import { createHash } from 'node:crypto';
import { customerKey } from '../remote/customer-key.ts';
import { StoreError } from '../store-error.ts';
import type { GcsEncryption } from './gcs-config.ts';
import { field } from './gcs-json.ts';

/** Encryption by the store as asked for with every request, and verified with every answer to a create (hole-23). */
export class GcsObjectEncryption {
  /** Key of the customer, to be sent with creates and reads. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #kmsKeyName: string | undefined;

  /** `keyText`: contents of the customer's key file. Throws SETTING_INVALID if it is not a key. */
  constructor(encryption: GcsEncryption, keyText: string | undefined) {
    this.#kmsKeyName = encryption.kind === 'kms' ? encryption.keyName : undefined;
    this.headers =
      encryption.kind === 'customer-key'
        ? keyHeaders(customerKey('GCS_CUSTOMER_KEY_FILE', encryption.keyFile, keyText))
        : {};
  }

  /** Query of a create. */
  get query(): Readonly<Record<string, string>> {
    return this.#kmsKeyName === undefined ? {} : { kmsKeyName: this.#kmsKeyName };
  }

  /** Rejects a new object's resource that does not say what was asked for. */
  verify(resource: unknown, key: string): void {
    const used = field(resource, 'kmsKeyName');
    // The answer names the version of the key, too.
    const wrongKms =
      this.#kmsKeyName !== undefined && !(typeof used === 'string' && `${used}/`.startsWith(`${this.#kmsKeyName}/`));
    const sha256 = this.headers['x-goog-encryption-key-sha256'];
    const wrongCustomer = sha256 !== undefined && field(field(resource, 'customerEncryption'), 'keySha256') !== sha256;
    if (!wrongKms && !wrongCustomer) return;
    throw new StoreError('invalid', `The store took ${key} without encrypting it as asked`, {
      remedy: 'Use a store that supports this encryption, or remove GCS_KMS_KEY and GCS_CUSTOMER_KEY_FILE.',
      details: { key },
    });
  }
}

function keyHeaders(key: Buffer): Readonly<Record<string, string>> {
  return {
    'x-goog-encryption-algorithm': 'AES256',
    'x-goog-encryption-key': key.toString('base64'),
    'x-goog-encryption-key-sha256': createHash('sha256').update(key).digest('base64'),
  };
}
