// The door of tier/: where old batches are read from. For now those are the WAL objects themselves.
export { WalReader, type WalReaderOptions } from './wal-reader.ts';
