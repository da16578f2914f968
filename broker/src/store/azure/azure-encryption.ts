import { createHash } from 'node:crypto';
import type { BlockBlobUploadResponse, CpkInfo } from '@azure/storage-blob';
import { customerKey } from '../remote/customer-key.ts';
import { StoreError } from '../store-error.ts';
import type { AzureEncryption } from './azure-config.ts';

interface ReadEncryption {
  readonly customerProvidedKey?: CpkInfo;
}

/** Encryption by the store as asked for with every request, and verified with every answer to a create (hole-23). */
export class AzureBlobEncryption {
  /** To be sent with a read. */
  readonly read: ReadEncryption;
  readonly #scope: string | undefined;

  /** `keyText`: contents of the customer's key file. Throws SETTING_INVALID if it is not a key. */
  constructor(encryption: AzureEncryption, keyText: string | undefined) {
    this.#scope = encryption.kind === 'scope' ? encryption.name : undefined;
    this.read =
      encryption.kind === 'customer-key'
        ? { customerProvidedKey: keyInfo(customerKey('AZURE_CUSTOMER_KEY_FILE', encryption.keyFile, keyText)) }
        : {};
  }

  /** To be sent with a create. */
  get create(): ReadEncryption & { readonly encryptionScope?: string } {
    return this.#scope === undefined ? this.read : { encryptionScope: this.#scope };
  }

  /** Rejects an answer that does not say what was asked for. */
  verify(answer: Pick<BlockBlobUploadResponse, 'encryptionScope' | 'encryptionKeySha256'>, key: string): void {
    const sha256 = this.read.customerProvidedKey?.encryptionKeySha256;
    const wrongScope = this.#scope !== undefined && answer.encryptionScope !== this.#scope;
    const wrongKey = sha256 !== undefined && answer.encryptionKeySha256 !== sha256;
    if (!wrongScope && !wrongKey) return;
    throw new StoreError('invalid', `The store took ${key} without encrypting it as asked`, {
      remedy:
        'Use a store that supports this encryption, or remove AZURE_ENCRYPTION_SCOPE and AZURE_CUSTOMER_KEY_FILE.',
      details: { key },
    });
  }
}

function keyInfo(key: Buffer): CpkInfo {
  return {
    encryptionAlgorithm: 'AES256',
    encryptionKey: key.toString('base64'),
    encryptionKeySha256: createHash('sha256').update(key).digest('base64'),
  };
}
