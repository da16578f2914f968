import type { StoreAddress } from '../object-store.ts';
import type { StoreOperation } from '../store-observer.ts';

/** List prices in US dollars, without free quotas, taxes and traffic out of the region. */
export interface StorePrices {
  readonly provider: 's3' | 'gcs' | 'azure';
  /** What exactly is priced. */
  readonly of: string;
  readonly source: string;
  /** When these were the prices. */
  readonly asOf: string;
  readonly perThousandWrites: number;
  readonly perThousandReads: number;
  readonly perThousandLists: number;
  readonly perGibMonth: number;
}

/** Also in docs/stores.md. */
const PRICES: Readonly<Record<StorePrices['provider'], StorePrices>> = {
  s3: {
    provider: 's3',
    of: 'Amazon S3 Standard, us-east-1',
    source: 'https://aws.amazon.com/s3/pricing/',
    asOf: '2025',
    perThousandWrites: 0.005,
    perThousandReads: 0.0004,
    perThousandLists: 0.005,
    perGibMonth: 0.023,
  },
  gcs: {
    provider: 'gcs',
    of: 'Google Cloud Storage Standard, us-east1',
    source: 'https://cloud.google.com/storage/pricing',
    asOf: '2025',
    perThousandWrites: 0.005,
    perThousandReads: 0.0004,
    perThousandLists: 0.005,
    perGibMonth: 0.02,
  },
  azure: {
    provider: 'azure',
    of: 'Azure Blob Storage Hot LRS, East US',
    source: 'https://azure.microsoft.com/pricing/details/storage/blobs/',
    asOf: '2025',
    perThousandWrites: 0.005,
    perThousandReads: 0.0004,
    perThousandLists: 0.005,
    perGibMonth: 0.018,
  },
};

/** Undefined for a store without a price list: a directory. */
export function pricesOf({ provider }: StoreAddress): StorePrices | undefined {
  return provider === 'local' || provider === 'memory' ? undefined : PRICES[provider];
}

/** US dollars for one request; deletions are free everywhere. */
export function requestPrice(prices: StorePrices, operation: StoreOperation): number {
  switch (operation) {
    case 'create':
    case 'part':
      return prices.perThousandWrites / 1000;
    case 'get':
    case 'head':
      return prices.perThousandReads / 1000;
    case 'list':
      return prices.perThousandLists / 1000;
    case 'delete':
      return 0;
  }
}
