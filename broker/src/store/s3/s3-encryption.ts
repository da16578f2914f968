import type { PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { customerKey } from '../remote/customer-key.ts';
import { StoreError } from '../store-error.ts';
import type { S3Encryption } from './s3-config.ts';

interface CustomerKey {
  readonly SSECustomerAlgorithm?: 'AES256';
  readonly SSECustomerKey?: string;
}

type Confirmation = Pick<PutObjectCommandOutput, 'ServerSideEncryption' | 'SSECustomerAlgorithm'>;

interface CreateEncryption extends CustomerKey {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms';
  readonly SSEKMSKeyId?: string;
  readonly BucketKeyEnabled?: boolean;
}

/** Server-side encryption as asked for with every request, and verified with every answer to a create (hole-23). */
export class S3ObjectEncryption {
  readonly #create: CreateEncryption;
  readonly #read: CustomerKey;

  /** `keyText`: contents of the key file of SSE-C. Throws SETTING_INVALID if it is not a key. */
  constructor(encryption: S3Encryption, keyText: string | undefined) {
    this.#create = createEncryption(encryption, keyText);
    const { SSECustomerAlgorithm, SSECustomerKey } = this.#create;
    this.#read =
      SSECustomerAlgorithm === undefined || SSECustomerKey === undefined
        ? {}
        : { SSECustomerAlgorithm, SSECustomerKey };
  }

  /** To be sent with a create. */
  get create(): CreateEncryption {
    return this.#create;
  }

  /** To be sent with a read. */
  get read(): CustomerKey {
    return this.#read;
  }

  /** Whether an answer says what was asked for. */
  isConfirmed(answer: Confirmation): boolean {
    const { ServerSideEncryption: asked, SSECustomerAlgorithm: customer } = this.#create;
    if (asked !== undefined && answer.ServerSideEncryption !== asked) return false;
    return customer === undefined || answer.SSECustomerAlgorithm === customer;
  }

  /** Throws if an answer does not say what was asked for: some stores ignore the headers and keep plain text. */
  verify(answer: Confirmation, key: string): void {
    if (this.isConfirmed(answer)) return;
    const asked = this.#create.ServerSideEncryption ?? 'the customer key';
    throw new StoreError('invalid', `The store took ${key} without encrypting it as asked (${asked})`, {
      remedy: 'Use a store that supports this encryption, or set S3_SSE to what it supports.',
      details: { key, asked },
    });
  }
}

function createEncryption(encryption: S3Encryption, keyText: string | undefined): CreateEncryption {
  switch (encryption.kind) {
    case 'bucket-default':
      return {};
    case 'sse-s3':
      return { ServerSideEncryption: 'AES256' };
    case 'sse-kms': {
      const key = encryption.keyId === undefined ? {} : { SSEKMSKeyId: encryption.keyId };
      // One request to KMS for many objects instead of one for each.
      return { ServerSideEncryption: 'aws:kms', BucketKeyEnabled: true, ...key };
    }
    case 'customer-key':
      return {
        SSECustomerAlgorithm: 'AES256',
        SSECustomerKey: customerKey('S3_SSE_CUSTOMER_KEY_FILE', encryption.keyFile, keyText).toString('base64'),
      };
  }
}
