import { MemoryStore } from '../../src/store/index.ts';
import { storeContract } from './contract.ts';

storeContract('memory', () => {
  const store = new MemoryStore();
  return Promise.resolve({ store, other: store, close: () => store.close() });
});
