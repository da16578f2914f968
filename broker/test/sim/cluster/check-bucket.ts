import { examineBucket } from '../../../src/recovery/index.ts';
import { PatientStore } from '../../../src/store/index.ts';
import type { SimBucket } from '../sim-store.ts';
import { VirtualProcess } from '../virtual-process.ts';
import { Violation } from '../violation.ts';
import type { ClusterWorld } from './world.ts';

/** What `chronik verify --deep` says of the bucket; whatever happened in the run, it must be clean. */
export async function checkBucket(world: ClusterWorld, bucket: SimBucket = world.bucket): Promise<void> {
  const process = new VirtualProcess(world.scheduler, 'verifier');
  const { clock, random } = process;
  const store = new PatientStore(bucket.connect(process), { clock, random });
  const { problems } = await world.settle(
    examineBucket({ store, clock, random, deep: true, onProgress: () => undefined }),
  );
  const [first] = problems;
  if (first !== undefined) {
    throw new Violation('verify clean', `${problems.length} problems, the first: ${JSON.stringify(first)}`);
  }
}
