import { MemoryStore, PatientStore } from '../../../src/store/index.ts';
import type { ObjectStore } from '../../../src/store/index.ts';
import { VirtualTime, seededRandom } from '../../store/virtual-time.ts';

/** A patient store over memory (or `store`) on time that stands still until the test moves it. */
export function patientMemoryStore(store: ObjectStore = new MemoryStore(), clock = new VirtualTime()): PatientStore {
  return new PatientStore(store, { clock, random: seededRandom(1) });
}
